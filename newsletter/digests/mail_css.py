"""The CSS of a mail: declarations, rules, and which elements a rule means."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.articles.html_tree import Element

_DECLARATION = re.compile(r"""([-\w]+)\s*:\s*((?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\))+)""")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_COMPOUND = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<classes>(?:\.[\w-]+)*)", re.IGNORECASE)

#: The rule's last word, as it stands at the end of a value.
IMPORTANT = "!important"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a style sheet, with the at-rules around it from the outside."""

    around: tuple[str, ...]
    selectors: tuple[str, ...]
    declarations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Selector:
    """A descendant selector of tags and classes, the only kind that our templates need."""

    parts: tuple[tuple[str, frozenset[str]], ...]

    @property
    def weight(self) -> tuple[int, int]:
        """Classes, then tags (CSS Selectors 4, §17)."""
        return (
            sum(len(classes) for _, classes in self.parts),
            sum(bool(tag) for tag, _ in self.parts),
        )

    def means(self, way: Sequence[Element]) -> bool:
        """Whether the last element of a way from the top is meant."""
        left = list(self.parts)
        if not _fits(left.pop(), way[-1]):
            return False
        for element in reversed(way[:-1]):
            if left and _fits(left[-1], element):
                left.pop()
        return not left


def _fits(part: tuple[str, frozenset[str]], element: Element) -> bool:
    tag, classes = part
    return (not tag or tag == element.tag) and classes <= element.classes


def declarations(style: str) -> tuple[tuple[str, str], ...]:
    """Return the names, in lower case, and values of a style attribute or of a rule's block."""
    return tuple((name.lower(), value.strip()) for name, value in _DECLARATION.findall(style))


def rules(sheet: str, *, around: tuple[str, ...] = ()) -> Iterator[Rule]:
    """Yield the rules of a style sheet; an at-rule without rules in it has no selector."""
    for head, block in _blocks(_COMMENT.sub("", sheet)):
        if not head.startswith("@"):
            selectors = tuple(" ".join(one.split()) for one in head.split(","))
            yield Rule(around, selectors, declarations(block))
        elif "{" in block:
            yield from rules(block, around=(*around, head))
        else:
            yield Rule((*around, head), (), declarations(block))


def selector_of(text: str) -> Selector | None:
    """Read a selector; None if it is of another kind."""
    parts = []
    for word in text.split():
        match = _COMPOUND.fullmatch(word)
        if match is None or not word:
            return None
        classes = frozenset(one for one in match["classes"].split(".") if one)
        parts.append(((match["tag"] or "").lower(), classes))
    return Selector(tuple(parts)) if parts else None


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before each outermost pair of braces, and within it."""
    depth, start, opened = 0, 0, 0
    for place, sign in enumerate(sheet):
        if sign == "{":
            if depth == 0:
                opened = place
            depth += 1
        elif sign == "}" and depth:
            depth -= 1
            if depth == 0:
                yield sheet[start:opened].strip(), sheet[opened + 1 : place]
                start = place + 1
