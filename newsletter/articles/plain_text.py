"""Plain text out of titles, names and bodies."""

import html
import re

from newsletter.articles.html_tree import Element, build

# A title may speak about other tags ("How to use <b>"), so only formatting in pairs is taken out.
_FORMATTING = re.compile(
    r"</?(b|i|u|s|em|strong|span|sup|sub|a|code|q|cite|small|mark|font|p|h[1-6]|div)(\s[^<>]*)?/?>"
    r"|<br\s*/?>|<wbr\s*/?>|<img\s[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,32}\d{0,2});")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff]"
)
_NOTHING = {"", "null", "none", "undefined", "nan", "n/a", "(null)", "[object object]"}
_NO_TEXT = {"figure", "figcaption", "table", "pre", "h2", "h3", "h4", "h5", "h6"}


def plain_line(text: str) -> str:
    """Return a title or a name as one line of text, with its entities resolved even if twice."""
    text = _unescaped(text)
    return " ".join(_INVISIBLE.sub("", _FORMATTING.sub(_gap, text)).split())


def _gap(found: re.Match[str]) -> str:
    return " " if re.match(r"</?(br|p|div|h\d)", found[0], re.IGNORECASE) else ""


def _unescaped(text: str) -> str:
    for _ in range(3):
        if not _ENTITY.search(text):
            return text
        text = html.unescape(text)
    return text


def says_nothing(text: str) -> bool:
    """Tell whether a field holds a program's word for empty."""
    return text.strip().lower() in _NOTHING


def paragraphs_of(content_html: str) -> list[str]:
    """Return the running text of clean HTML, a paragraph each, without captions and headings."""
    tree = build(content_html)
    running = [_running_text(each) for each in tree.children if isinstance(each, Element)]
    found = [text for text in running if text]
    if found:
        return found
    return [text for each in tree.children if isinstance(each, Element) and (text := each.text())]


def _running_text(block: Element) -> str:
    return "" if block.tag in _NO_TEXT else block.text()


def text_of(content_html: str) -> str:
    """Return all the text of clean HTML in one line."""
    return build(content_html).text()
