"""Clean the HTML of an article: safe, absolute, and shaped for mail and archive pages."""

import re
from html import escape, unescape

import nh3

from newsletter.articles.captions import shape_figures
from newsletter.articles.footers import drop_footers, drop_furniture
from newsletter.articles.html_limits import is_hostile
from newsletter.articles.html_tree import Element, build, write
from newsletter.articles.mend_images import mend_images
from newsletter.articles.paragraphs import shape_blocks
from newsletter.articles.web_addresses import absolute, page_of_player

LONGEST_HTML = 1_000_000
_MOST_PASSES = 6

_KEPT = {
    *("h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre"),
    *("figure", "figcaption", "img", "a", "br", "hr", "em", "strong", "b", "i", "u", "s", "small"),
    *("sub", "sup", "code", "kbd", "samp", "q", "cite", "abbr", "mark", "del", "ins", "time"),
    *("span", "bdi", "bdo", "ruby", "rt", "rp", "wbr"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_KEPT_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "abbr": {"title"},
}
# What the first pass lets through besides, because the shaping below reads it.
_READ = _KEPT | {
    *("h1", "div", "section", "article", "main", "header", "footer", "aside", "center", "details"),
    *("summary", "address", "noscript", "picture", "source", "iframe", "video", "audio", "embed"),
    *("font", "strike", "tt", "big"),
}
_LAZY = {"data-src", "data-lazy-src", "data-original", "data-srcset", "data-lazy-srcset", "srcset"}
_READ_ATTRIBUTES = {
    **_KEPT_ATTRIBUTES,
    "*": {"dir", "lang", "class", "id", "hidden"},
    "img": {"src", "alt", "width", "height", *_LAZY, "data-orig-file", "data-large-file"},
    "source": {"src", "srcset", "data-srcset"},
    **{tag: {"src", "title", "data-src"} for tag in ("iframe", "video", "audio", "embed")},
}
_DROPPED_WHOLE = {
    *("script", "style", "svg", "math", "template", "form", "button", "select", "textarea"),
    *("object", "applet", "noframes", "noembed", "canvas", "dialog", "title", "head", "xmp"),
}
_SCHEMES = {"http", "https", "mailto"}
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_SHORTCODE = re.compile(
    r"\[caption\b[^\]]{0,500}\](.{0,5000}?)\[/caption\]", re.IGNORECASE | re.DOTALL
)
_IMAGE = re.compile(r"((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)(.*)", re.DOTALL)
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")


def clean(html: str, *, base_url: str) -> str:
    """Return the article's HTML with nothing in it but what a mail may carry.

    The result is stable: cleaning it again changes nothing. Headings begin at h2, embedded
    players become links, addresses are absolute, furniture of the publishing system is gone.
    """
    text = html_of(html)
    for _ in range(_MOST_PASSES):
        result = _pass(text, base_url)
        if result == text:
            return result
        text = result
    return _as_plain_paragraphs(text)


def html_of(text: str) -> str:
    """Take a body that may be HTML or plain text, and return HTML."""
    text = _NOT_TEXT.sub("", text[:LONGEST_HTML])
    if is_hostile(text):
        text = re.sub(r"<[^<>]*>", " ", text)
    if not _TAG.search(text):
        return plain_to_html(text)
    # The pattern looks far ahead, so a text made to be slow goes without it.
    few = text.count("[/caption]") > 0 and text.count("[caption") <= 100
    return _SHORTCODE.sub(_caption_shortcode, text) if few else text


def plain_to_html(text: str) -> str:
    """Set plain text as paragraphs; a line that is only an address becomes a link."""
    text = unescape(text).replace("\r\n", "\n")
    paragraphs = [each.strip() for each in re.split(r"\n\s*\n", text) if each.strip()]
    return "".join(f"<p>{_lines(each)}</p>" for each in paragraphs)


def _lines(paragraph: str) -> str:
    return "<br>".join(_line(each.strip()) for each in paragraph.split("\n"))


def _line(line: str) -> str:
    shown = escape(line, quote=False)
    if re.fullmatch(r"https?://[^\s<>\"]+", line):
        return f'<a href="{escape(line)}">{shown}</a>'
    return shown


def _caption_shortcode(found: re.Match[str]) -> str:
    """Set the shortcode that WordPress leaves in feeds whose theme is broken."""
    parts = _IMAGE.match(found[1].strip())
    if not parts:
        return found[1]
    return f"<figure>{parts[1]}<figcaption>{parts[2].strip()}</figcaption></figure>"


def _pass(text: str, base_url: str) -> str:
    tree = build(
        nh3.clean(
            text,
            tags=_READ,
            attributes=_READ_ATTRIBUTES,
            clean_content_tags=_DROPPED_WHOLE,
            url_schemes=_SCHEMES | {"data"},  # placeholders of lazy images; none survive
            link_rel=None,
        )
    )
    drop_furniture(tree)
    _link_embeds(tree, base_url)
    mend_images(tree, base_url)
    _mend_links(tree, base_url)
    shape_figures(tree)
    shape_blocks(tree)
    drop_footers(tree)
    _shift_headings(tree)
    return nh3.clean(
        write(tree),
        tags=_KEPT,
        attributes=_KEPT_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=None,
    )


def _link_embeds(tree: Element, base_url: str) -> None:
    """Mail shows no players: put a link in the place of each."""

    def change(element: Element) -> list[Element | str] | None:
        if element.tag not in ("iframe", "video", "audio", "embed"):
            return None
        sources = [element, *element.find("source")]
        source = next((s for each in sources if (s := _source_of(each))), "")
        address = absolute(source, base_url)
        if not address.startswith(("http:", "https:")):
            return []
        address = page_of_player(address)
        shown = element.attrs.get("title") or _short(address)
        return [Element("p", {}, [Element("a", {"href": address}, [shown])])]

    tree.replace(change)


def _short(address: str) -> str:
    shown = re.sub(r"^https?://(www\.)?", "", address)
    return shown if len(shown) <= 60 else shown.partition("?")[0][:60].rstrip("/")


def _source_of(element: Element) -> str:
    source = element.attrs.get("src", "")
    return (
        source if source and not source.startswith("data:") else element.attrs.get("data-src", "")
    )


def _mend_links(tree: Element, base_url: str) -> None:
    def change(element: Element) -> list[Element | str] | None:
        if element.tag != "a":
            return None
        address = absolute(element.attrs.get("href", ""), base_url)
        if not address.startswith(("http:", "https:", "mailto:")):
            return element.children
        element.attrs["href"] = address
        return None

    tree.replace(change)


def _shift_headings(tree: Element) -> None:
    """The page has the title as h1, so the body's highest heading becomes h2."""
    headings = tree.find("h1", "h2", "h3", "h4", "h5", "h6")
    highest = min((int(each.tag[1]) for each in headings), default=2)
    for each in headings:
        each.tag = f"h{min(int(each.tag[1]) - highest + 2, 6)}"


def _as_plain_paragraphs(text: str) -> str:
    """The last resort for markup that does not settle: its words."""
    blocks = [each if isinstance(each, str) else each.text() for each in build(text).children]
    return "".join(
        f"<p>{escape(' '.join(each.split()), quote=False)}</p>" for each in blocks if each.strip()
    )
