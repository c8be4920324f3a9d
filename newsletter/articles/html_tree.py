"""A small tree over HTML that has been through the sanitizer once."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

DEEPEST = 60
VOID = {"br", "hr", "img", "wbr", "source", "embed", "col", "track", "area", "input"}
_SPACE = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class Element:
    """A tag with its attributes and children; the root has an empty tag."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attrs.get("class", "").split())

    def walk(self) -> "Iterator[Element]":
        """Yield every element below this one, in document order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def find(self, *tags: str) -> "list[Element]":
        return [each for each in self.walk() if each.tag in tags]

    def text(self) -> str:
        """Return the text below, with line breaks as spaces and white space collapsed."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag in INLINE:
                yield from child._texts()
            else:
                yield " "
                yield from child._texts()
                yield " "

    def replace(self, change: "Callable[[Element], list[Element | str] | None]") -> None:
        """Put other nodes in the place of elements below, innermost first.

        `change` returns None to keep an element, a list to stand in its place.
        """
        result: list[Element | str] = []
        for child in self.children:
            if isinstance(child, str):
                result.append(child)
                continue
            child.replace(change)
            instead = change(child)
            result.extend([child] if instead is None else instead)
        self.children = result


INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font"),
    *("i", "ins", "kbd", "mark", "q", "ruby", "rb", "rt", "rp", "s", "samp", "small", "span"),
    *("strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "img"),
}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.stack = [self.root]
        self.flattened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.stack[-1].children.append(element)
        elif len(self.stack) > DEEPEST:
            self.flattened.append(tag)  # nobody nests like this in good faith; keep the text
        else:
            self.stack[-1].children.append(element)
            self.stack.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.flattened and self.flattened[-1] == tag:
            self.flattened.pop()
        elif len(self.stack) > 1 and self.stack[-1].tag == tag:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        children = self.stack[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)


def build(markup: str) -> Element:
    """Read balanced HTML, as the sanitizer writes it, into a tree."""
    builder = _Builder()
    builder.feed(markup)
    builder.close()
    return builder.root


def write(element: Element) -> str:
    """Write the children of an element as HTML."""
    return "".join(_written(element, in_pre=element.tag == "pre"))


def _written(element: Element, *, in_pre: bool) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            yield html.escape(child if in_pre else _SPACE.sub(" ", child), quote=False)
            continue
        attrs = "".join(
            f' {name}="{html.escape(value)}"' for name, value in sorted(child.attrs.items())
        )
        yield f"<{child.tag}{attrs}>"
        if child.tag not in VOID:
            yield from _written(child, in_pre=in_pre or child.tag == "pre")
            yield f"</{child.tag}>"
