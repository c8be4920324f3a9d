"""Difference: what an edit inserted and deleted, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from newsletter.articles.html_tree import Element, build
from newsletter.articles.models import Article
from newsletter.digests.models import Revision

Change = Literal["same", "inserted", "deleted"]

_WORD = re.compile(r"\s+|[^\s]+")
#: A paragraph this far from every other was rewritten, not edited: word by word it would be noise.
_ALIKE = 0.4
#: Beyond so many words comparing takes seconds; the two paragraphs are shown whole.
_MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed of one place, such as the title or a paragraph."""

    where: str
    parts: tuple[Part, ...]


def difference(old: Revision, new: Article) -> list[Difference]:
    """Return what changed, in the order of the article; what stayed is left out."""
    places = (
        ("Title", [old.title], [new.title]),
        ("Author", [old.author], [new.author]),
        ("Excerpt", [old.excerpt], [new.excerpt]),
        ("Caption", [old.image_caption], [new.image_caption]),
        ("Text", _paragraphs(old.content_html), _paragraphs(new.content_html)),
    )
    return [
        Difference(where, parts)
        for where, before, after in places
        for parts in _changed(before, after)
    ]


def _paragraphs(content_html: str) -> list[str]:
    """Return the text block by block: paragraphs, headings, captions, items of lists."""
    blocks = [_block(each) for each in build(content_html).children]
    return [text for texts in blocks for text in texts if text]


def _block(node: Element | str) -> list[str]:
    if isinstance(node, str):
        return [node.strip()]
    items = node.find("li") if node.tag in ("ul", "ol") else []
    return [one.text() for one in items] if items else [node.text()]


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Part, ...]]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield from _paired(old[start:end], new[first:last])


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Part, ...]]:
    """Compare paragraphs one to one while they last; the rest came or went whole."""
    for before, after in zip(old, new, strict=False):
        yield _parts(before, after)
    for before in old[len(new) :]:
        yield (Part("deleted", before),)
    for after in new[len(old) :]:
        yield (Part("inserted", after),)


def _parts(old: str, new: str) -> tuple[Part, ...]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    if max(len(before), len(after)) > _MOST_WORDS or matcher.quick_ratio() < _ALIKE:
        return tuple(Part(way, text) for way, text in _whole(old, new) if text)
    parts: list[Part] = []
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            parts.append(Part("same", "".join(before[start:end])))
            continue
        parts += (
            Part(way, text)
            for way, text in _whole("".join(before[start:end]), "".join(after[first:last]))
            if text
        )
    return tuple(parts)


def _whole(old: str, new: str) -> tuple[tuple[Change, str], tuple[Change, str]]:
    return ("deleted", old), ("inserted", new)
