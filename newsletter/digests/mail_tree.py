"""The HTML of a mail as a tree, whatever is in its head."""

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from newsletter.articles.html_tree import VOID, Element

_VOID = VOID | {"meta", "link", "base"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_decl(self, decl: str) -> None:
        self._open[-1].children.append(Element("!doctype"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, one in enumerate(self._open) if one.tag == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read_mail(html: str) -> Element:
    """Read the HTML of a mail; what only Outlook sees, in conditional comments, is left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def body_of(tree: Element) -> Element:
    """Return what readers see."""
    return next(iter(tree.find("body")), tree)


def paths(element: Element) -> Iterator[Sequence[Element]]:
    """Yield the way from the top to each element, in document order; a way is valid until the next.

    Args:
        element: where the ways begin, itself the first of them.
    """
    way = [element]
    yield way
    yield from _paths_below(way)


def _paths_below(way: list[Element]) -> Iterator[Sequence[Element]]:
    for child in way[-1].children:
        if isinstance(child, Element):
            way.append(child)
            yield way
            yield from _paths_below(way)
            way.pop()
