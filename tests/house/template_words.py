"""The words that stand in a template as they are, and not in the catalogues."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

#: Attributes that are read aloud or shown.
SPOKEN = {"alt", "aria-label", "placeholder", "title"}
#: Elements whose content is no prose.
SILENT = {"code", "mj-style", "script", "style"}

#: Stands where a template puts a value.
_ATTRIBUTE = re.compile(r'\b(?:lang|dir)="[^"]*"')  # that a macro puts into a tag
_GAP = "\N{OBJECT REPLACEMENT CHARACTER}"


def bare_words(source: str, *, is_markup: bool) -> list[str]:
    """Return the words of a template that no reader of another language would understand."""
    parsed = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    text = "".join(_pieces(parsed))
    found = _of_markup(text) if is_markup else text.splitlines()
    return [words for words in [*found, *_said(parsed)] if any(map(str.isalpha, words))]


def _pieces(parsed: nodes.Template) -> Iterator[str]:
    """Yield what is written as it stands, in order, a gap for each value."""
    classes = {
        id(output)
        for block in parsed.find_all(nodes.Block)
        if block.name.endswith("_class")
        for output in block.find_all(nodes.Output)
    }
    for output in parsed.find_all(nodes.Output):
        for node in output.nodes if id(output) not in classes else []:
            yield node.data if isinstance(node, nodes.TemplateData) else _GAP


def _said(parsed: nodes.Template) -> Iterator[str]:
    """Yield literal texts that an expression may come to."""
    for output in parsed.find_all(nodes.Output):
        for node in output.nodes:
            yield from _results(node)


def _results(node: nodes.Node | None) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and " " in node.value.strip():
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from _results(node.expr1)
        yield from _results(node.expr2)
    elif isinstance(node, nodes.Or):
        yield from _results(node.left)
        yield from _results(node.right)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _results(part)


def _of_markup(text: str) -> list[str]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(_ATTRIBUTE.sub("", data).strip())
