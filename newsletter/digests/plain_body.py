"""The text of an article as plain text, its links numbered."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.articles.html_tree import INLINE, Element, build
from newsletter.mail.text_layout import underlined, wrap

_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_BULLET = "- "
_QUOTE = "> "


@dataclass
class Links:
    """The addresses an article's text points at, numbered in order and each once."""

    addresses: list[str] = field(default_factory=list)

    def number(self, address: str) -> int:
        """Return the number of an address, a new one at its first mention."""
        if address not in self.addresses:
            self.addresses.append(address)
        return self.addresses.index(address) + 1


def plain_body(body_html: str, *, links: Links) -> str:
    """Return the body that `body.body_html` shaped as wrapped text; links become `[1]`."""
    return "\n\n".join(_blocks(build(body_html), links, indent=""))


def _blocks(element: Element, links: Links, *, indent: str) -> Iterator[str]:
    run: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str) or child.tag in INLINE or child.tag == "br":
            run.append(child)
            continue
        yield from _paragraphs(run, links, indent=indent)
        run = []
        yield from _block(child, links, indent=indent)
    yield from _paragraphs(run, links, indent=indent)


def _block(element: Element, links: Links, *, indent: str) -> Iterator[str]:
    if element.tag in _HEADINGS:
        if heading := _one_line(element.children, links):
            yield underlined(heading)
    elif element.tag in ("ul", "ol"):
        yield from _list(element, links, indent=indent)
    elif element.tag == "blockquote":
        yield from _blocks(element, links, indent=indent + _QUOTE)
    elif element.tag == "table" and not element.find("table"):
        yield from _table(element, links, indent=indent)
    elif element.tag == "pre":
        words = "".join(_words(element.children, links, in_pre=True))
        yield "\n".join(indent + line for line in words.splitlines())
    elif element.tag == "hr":
        yield indent + "* * *"
    else:
        yield from _blocks(element, links, indent=indent)


def _table(element: Element, links: Links, *, indent: str) -> Iterator[str]:
    for caption in element.find("caption"):
        yield from _paragraphs(caption.children, links, indent=indent)
    rows = [
        " | ".join(_one_line(cell.children, links) for cell in row.find("td", "th"))
        for row in element.find("tr")
    ]
    yield "\n".join(wrap(row, indent=indent) for row in rows)


def _list(element: Element, links: Links, *, indent: str) -> Iterator[str]:
    start = element.attrs.get("start", "")
    number = int(start) if start.isascii() and start.isdigit() else 1
    items: list[str] = []
    for item in (child for child in element.children if isinstance(child, Element)):
        bullet = f"{number}. " if element.tag == "ol" else _BULLET
        inner = " " * len(bullet)
        blocks = list(_blocks(item, links, indent=indent + inner))
        if blocks:
            first = indent + bullet + blocks[0][len(indent + inner) :]
            items.append("\n".join([first, *blocks[1:]]))
            number += 1
    if items:
        yield "\n".join(items)


def _paragraphs(run: list[Element | str], links: Links, *, indent: str) -> Iterator[str]:
    lines = [wrap(line, indent=indent) for line in _inline(run, links).split("\n") if line.strip()]
    if lines:
        yield "\n".join(lines)


def _inline(children: list[Element | str], links: Links) -> str:
    """Return the words of a run, a line end standing for each `br` only."""
    return "".join(_words(children, links, in_pre=False))


def _one_line(children: list[Element | str], links: Links) -> str:
    return " ".join(_inline(children, links).split())


def _words(children: list[Element | str], links: Links, *, in_pre: bool) -> Iterator[str]:
    for child in children:
        if isinstance(child, str):
            yield child if in_pre else " ".join(child.split("\n"))
        elif child.tag == "br":
            yield "\n"
        elif child.tag == "img":
            yield ""
        else:
            yield from _words(child.children, links, in_pre=in_pre)
            if child.tag == "a":
                yield f" [{links.number(child.attrs['href'])}]"
