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
    "|".join(
        (
            r"appeared first on|first appeared (on|in)|erschien zuerst auf|erschien erstmals auf",
            r"est apparu en premier sur|(se publicó|aparece|apareció) primero en",
            r"apareceu primeiro em|(aparece|surgiu) primeiro (em|no)|proviene da",
            r"(sembra essere il primo|è stato pubblicato prima) su|verscheen eerst op",
            r"(впервые|сначала|первыми?) (появил|опубликован)\S* (на|в)|появил\S* сначала на",
            r"(вперше|спершу) з.?яви\S* (на|в)|pochodzi z serwisu|se nejdříve objevil na",
            r"dök först upp på|dukket først opp på|blev først udgivet på",
            r"julkaistiin ensimmäisen kerran|ilk önce .{0,80} ortaya çıktı|bejegyzés először",
            r"apare prima dată|最[先早](出现|出現|发表|發表)|首先出现在",
            r"に最初に表示されました|에 처음 등장",
            r"(ظهر|نُشر)\S* .{0,200}أولا?ً?ا? (على|في)",
        )
    ),
    re.IGNORECASE,
)
_READ_ON = "|".join(
    (
        r"continue reading|read (the )?(full|more|rest|whole)|keep reading|read on|click to read",
        r"(view|see) (original|post|on wordpress)|weiterlesen|lire la suite|leer más",
        r"seguir leyendo|leia mais|continue lendo|leggi tutto|continua a leggere",
        r"lees (meer|verder)|читать далее|читать полностью|читати далі|czytaj dalej|läs mer",
        r"les mer|læs mere|lue lisää|devamını oku",
        r"阅读全文|閱讀全文|查看全文|继续阅读|繼續閱讀|続きを読む",
        r"اقرأ المزيد|أكمل القراءة",
    )
)
_READ_ON_LINK = re.compile(rf"\W*({_READ_ON}).{{0,200}}|\(?more(…|\.\.\.)?\)?", re.IGNORECASE)
_READ_ON_TAIL = re.compile(
    rf"[\s\[(…]*(?:…|\.\.\.|(?<=\W)|^)\s*({_READ_ON})(?![a-z]{{3}})[^.!?。]{{0,80}}$"
    r"|\s*[\[(](\d+ more words|more…?|more\.\.\.)[\])]\s*$",
    re.IGNORECASE,
)
_TAIL = 300  # where to look for such words; never through a whole text
_POST = re.compile(
    r"(?:^|[\s.!?…\]])((?:The post|Der Beitrag|L[’']article|La entrada|O post|L[’']articolo|"
    r"Het bericht|Сообщение|Запись|Artykuł|Inlägget|Innlegget|Indlægget|Příspěvek)\s)"
)
_PERMALINK = re.compile(r"[\W_]*(perma(nent )?link|link)?[\W_]*", re.IGNORECASE)
_ELLIPSIS = re.compile(r"\s*[\[(]?\s*(…|\.{3,4})\s*[\])]?\s*$")


def drop_furniture(tree: Element) -> None:
    """Drop share buttons, related posts and sign-up boxes that plugins put into feeds."""
    tree.replace(
        lambda element: [] if element.classes & _FURNITURE or "hidden" in element.attrs else None
    )


def drop_footers(tree: Element) -> None:
    """Drop closing words that only say where the article appeared or how to read on."""
    while tree.children and isinstance(last := tree.children[-1], Element):
        if last.tag in ("p", "h5", "h6"):
            _drop_read_on(last)
        if last.text() and not _is_footer(last):
            break
        if not last.text() and last.find("img", "hr"):
            break
        if last.tag in ("hr", "figure", "table"):
            break
        tree.children.pop()
        while tree.children and _is_rule(tree.children[-1]):
            tree.children.pop()
    _soften_cut(tree)


def strip_footer(text: str) -> str:
    """Drop the same words from the end of a plain text."""
    found = _POST.search(text)
    if found and _FIRST_SEEN.search(text, found.start()):
        text = text[: found.start(1)]
    return text.rstrip()


def strip_cut(text: str) -> tuple[str, bool]:
    """Drop "[…]" and "continue reading" from the end; tell whether either was there."""
    text = text.rstrip()
    start = max(len(text) - _TAIL, 0)
    tail = _ELLIPSIS.sub("", _READ_ON_TAIL.sub("", text[start:]).rstrip())
    return (text[:start] + tail).rstrip(), tail != text[start:]


def _drop_read_on(paragraph: Element) -> None:
    """Drop a last link that says "continue reading", and what is written after it."""
    for place, child in reversed(list(enumerate(paragraph.children))):
        if not isinstance(child, Element):
            continue
        rest = Element("", {}, paragraph.children[place + 1 :]).text()
        if child.tag == "a" and len(rest) < 80 and _READ_ON_LINK.fullmatch(child.text()):
            paragraph.children[place:] = []
        return


def _soften_cut(tree: Element) -> None:
    """Write the mark of a cut, "[…]", as a plain ellipsis."""
    last = tree.children[-1] if tree.children else None
    if isinstance(last, Element) and last.tag == "p" and last.children:
        end = last.children[-1]
        if isinstance(end, str) and re.search(r"\[\s*(…|\.\.\.)\s*\]\s*$", end):
            text = re.sub(r"\s*\[\s*(…|\.\.\.)\s*\]\s*$", "", end)
            last.children[-1] = f"{text} …" if text.endswith((".", "!", "?")) else text + "…"


def _is_footer(element: Element) -> bool:
    if element.tag not in ("p", "h6", "h5"):
        return False
    text = element.text()
    links = element.find("a")
    if not links or len(text) > 600 or element.find("img"):
        return False
    linked = " ".join(each.text() for each in links)
    return bool(_FIRST_SEEN.search(text)) or (linked == text and bool(_PERMALINK.fullmatch(text)))


def _is_rule(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag == "hr"
