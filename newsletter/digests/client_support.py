"""What mail programs do without, by a snapshot of caniemail, and what of it we use anyway."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SNAPSHOT = Path(__file__).parent / "caniemail" / "caniemail.json"

#: Features that our templates use although some program does without, and why that is no harm.
#: A test fails when one of them is used no more.
ACCEPTED = {
    "css-at-media": "Without it, the one column of 600 pixels stands as it is.",
    "css-at-media-prefers-color-scheme": "Without it, the light palette stands.",
    "css-border-radius": "The corners of a button are then square.",
    "css-color-scheme": "It only keeps programs that know it from inverting our dark palette.",
    "html-meta-color-scheme": "It only keeps programs that know it from inverting our palette.",
    "css-cursor": "MJML sets the pointer of a button; links have one anyway.",
    "css-height": "Pictures have their size as attributes too.",
    "css-outline": "MJML takes the outline off pictures; none has one where it is unknown.",
    "css-white-space": "Preformatted lines then run on instead of wrapping.",
    "css-word-break": "A word wider than the column then widens it.",
    "css-word-spacing": "MJML sets it to what it is anyway.",
    "html-abbr": "The abbreviation itself is read all the same.",
    "html-aria-label": "It repeats the headline for a link whose own words say what it does.",
    "html-bdi": "The words are read all the same.",
    "html-body": "The ground is set on the wrapper too.",
    "html-doctype": "Outlook has one way of rendering, whatever the doctype.",
    "html-semantics": "The words of the element are read all the same.",
    "html-target": "MJML asks for a new window; mail programs open one anyway.",
    "html-wbr": "A long word then breaks elsewhere.",
}


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A feature in use, and the mail programs that do without it."""

    name: str
    title: str
    without: tuple[str, ...]


def unsupported(features: Iterable[str]) -> list[Unsupported]:
    """Return those of the features that Gmail, Outlook, Apple Mail or Yahoo do without."""
    return [
        Unsupported(name, *_snapshot()[name]) for name in sorted(features) if name in _snapshot()
    ]


@cache
def _snapshot() -> dict[str, tuple[str, tuple[str, ...]]]:
    known = json.loads(_SNAPSHOT.read_text(encoding="utf-8"))["features"]
    return {name: (one["title"], tuple(one["without"])) for name, one in known.items()}
