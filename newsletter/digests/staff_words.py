"""What staff write in Markdown, as clean HTML and as plain text."""

from functools import cache

import nh3
from markdown_it import MarkdownIt

from newsletter.digests.plain_body import Links, plain_body

#: No headings, pictures or tables: those belong to articles.
_KEPT = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote"}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}

#: What the style that is written into one element takes at most, in octets.
_STYLE = 130


def html_of(markdown: str) -> str:
    """Return Markdown as HTML of a few elements; HTML in it stays text."""
    made = _reader().render(markdown)
    return nh3.clean(
        made,
        tags=_KEPT,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=None,
    ).strip()


def text_of(markdown: str) -> str:
    """Return Markdown as wrapped plain text, the addresses of its links numbered below it."""
    links = Links()
    words = plain_body(html_of(markdown), links=links)
    numbered = [f"[{number}] {one}" for number, one in enumerate(links.addresses, start=1)]
    return "\n\n".join(filter(None, [words, "\n".join(numbered)]))


def octets_in_mail(markdown: str) -> int:
    """Return an upper bound of what the words take in the HTML of a mail."""
    html = html_of(markdown)
    return len(html.encode()) + html.count("<") // 2 * _STYLE


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    return reader.disable(["heading", "lheading", "image", "code", "fence", "hr", "html_block"])
