"""Take out what publishing systems add around an article's own text."""

import re

from newsletter.articles.html_tree import Element

_FURNITURE = {
    *("sharedaddy", "jp-relatedposts", "feedflare", "wpcnt", "addtoany_share_save_container"),
    *("screen-reader-text", "yarpp-related", "kg-signup-card", "wp-block-jetpack-subscriptions"),
    *("mc4wp-form", "ssba", "swp_social_panel", "heateor_sss_sharing_container", "adsbygoogle"),
    *("wp-block-file__embed", "a2a_kit", "post-views", "tptn_counter"),
}

# "The post X appeared first on Y." as WordPress says it in its languages.
_FIRST_SEEN = re.compile(
    r"appeared first on|first appeared (on|in)|erschien zuerst auf|est apparu en premier sur|"
    r"(se publicó|aparece|apareció) primero en|apareceu primeiro em|(aparece|surgiu) primeiro (em|no)|"
    r"proviene da|(sembra essere il primo|è stato pubblicato prima) su|verscheen eerst op|"
    r"(впервые|сначала|первыми?) (появил|опубликован)\S* (на|в)|появил\S* сначала на|"
    r"(вперше|спершу) з.?яви\S* (на|в)|pochodzi z serwisu|se nejdříve objevil na|"
    r"dök först upp på|dukket først opp på|blev først udgivet på|julkaistiin ensimmäisen kerran|"
    r"ilk önce .{0,80} ortaya çıktı|először|apare prima dată|最[先早](出现|出現|发表|發表)|首先出现在|"
    r"に最初に表示されました|에 처음 등장|(ظهر|نُشر)\S* .{0,200}أولا?ً?ا? (على|في)",
    re.IGNORECASE,
)
_READ_ON = re.compile(
    r"(continue reading|read (the )?(full|more|rest|whole)|keep reading|read on|(view|see) on wordpress|"
    r"weiterlesen|lire la suite|leer más|seguir leyendo|leia mais|continue lendo|leggi tutto|continua a leggere|"
    r"lees (meer|verder)|читать далее|читати далі|czytaj dalej|läs mer|les mer|læs mere|lue lisää|devamını oku|"
    r"阅读全文|閱讀全文|继续阅读|繼續閱讀|続きを読む|اقرأ المزيد|أكمل القراءة)\b.{0,200}",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"(\s|\xa0)*(\[\s*(…|\.\.\.|&hellip;|&#8230;)\s*\]|\(\s*(…|\.\.\.)\s*\))(\s|\xa0)*$"
)


def drop_furniture(tree: Element) -> None:
    """Drop share buttons, related posts and sign-up boxes that plugins put into feeds."""
    tree.replace(
        lambda element: [] if element.classes & _FURNITURE or "hidden" in element.attrs else None
    )


def drop_footers(tree: Element) -> None:
    """Drop closing paragraphs that only say where the article appeared or how to read on."""
    while tree.children and isinstance(last := tree.children[-1], Element):
        if not _is_footer(last):
            return
        tree.children.pop()
        while tree.children and _is_rule(tree.children[-1]):
            tree.children.pop()


def strip_footer(text: str) -> str:
    """Drop the same words, and the mark of a cut, from the end of a plain text."""
    found = re.search(
        r"(^|[\s.!?…\]])((The post|Der Beitrag|L[’']article|La entrada|O post|L[’']articolo)\s)",
        text,
    )
    if found and _FIRST_SEEN.search(text, found.start()):
        text = text[: found.start(2)]
    return text.rstrip()


def strip_ellipsis(text: str) -> tuple[str, bool]:
    """Drop "[…]" from the end; tell whether it was there."""
    shorter = _ELLIPSIS.sub("", text)
    return shorter.rstrip(), shorter != text


def _is_footer(element: Element) -> bool:
    if element.tag not in ("p", "h6", "h5"):
        return False
    text = element.text()
    links = element.find("a")
    if not links or len(text) > 600 or element.find("img"):
        return False
    if _FIRST_SEEN.search(text):
        return True
    linked = " ".join(each.text() for each in links)
    return bool(_READ_ON.match(text)) and len(linked) > len(text) * 0.8


def _is_rule(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag == "hr"
