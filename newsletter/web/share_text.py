"""Text for a drawn card: what the vendored face can draw, in lines that fill a given box."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

FACE = (
    Path(__file__).resolve().parents[2]
    / "static/vendor/source-serif/4.5.1/SourceSerif4Display-Semibold.ttf"
)

ELLIPSIS = "…"

#: Distance of lines, as a multiple of their size.
LEADING = 1.16

#: What no face draws: its picture is that of a missing character.
_NOBODY = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one size that fit their box."""

    lines: tuple[str, ...]
    size: int


@cache
def face(size: int) -> ImageFont.FreeTypeFont:
    """Return the vendored serif in a size, in pixels."""
    return ImageFont.truetype(FACE, size)


def drawable(text: str) -> str:
    """Return what the face can draw of a text; nothing if that would leave out letters.

    Signs it lacks, such as emoji, are dropped. A text in another script is better left out than
    shown as a row of boxes.
    """
    text = unicodedata.normalize("NFC", text)
    kept = []
    for sign in text:
        if sign.isspace() or _has_picture(sign):
            kept.append(sign)
        elif sign.isalnum():
            return ""
    return " ".join("".join(kept).split())


def fit(text: str, *, width: int, height: int, sizes: Iterable[int]) -> Lines:
    """Break a text into lines in the largest size at which they fit, at the smallest cut short."""
    size = 0
    for size in sizes:
        lines = _wrapped(text, width, size)
        if len(lines) <= room(height, size) and not _broken(lines, text):
            return Lines(_balanced(text, width, size, len(lines)), size)
    lines = _wrapped(text, width, size)
    most = room(height, size)
    if len(lines) > most:
        lines = (*lines[: most - 1], _ended(lines[most - 1], width, size))
    return Lines(lines, size)


def room(height: int, size: int) -> int:
    """Return how many lines of a size stand in a height."""
    return max(1, int(height / (size * LEADING)))


@lru_cache(maxsize=4096)
def _has_picture(sign: str) -> bool:
    if not sign.isprintable():
        return False
    mask, missing = face(32).getmask(sign), face(32).getmask(_NOBODY)
    return mask.getbbox() is not None and (mask.size, bytes(mask)) != (
        missing.size,
        bytes(missing),
    )


def _wrapped(text: str, width: int, size: int) -> tuple[str, ...]:
    """Break at spaces, and inside a word only where it is wider than a line."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _length(longer, size) <= width:
            lines[-1] = longer
            continue
        lines.append(word)
        while _length(lines[-1], size) > width:
            head = _as_much_as_fits(lines[-1], width, size)
            lines[-1:] = [head, lines[-1][len(head) :]]
    return tuple(lines)


def _balanced(text: str, width: int, size: int, count: int) -> tuple[str, ...]:
    """Return lines of nearly one length, as a headline is set; no more of them."""
    best = _wrapped(text, width, size)
    for narrower in range(width - width // 24, width // 2, -width // 24):
        lines = _wrapped(text, narrower, size)
        if len(lines) != count or _broken(lines, text):
            break
        best = lines
    return best


def _broken(lines: tuple[str, ...], text: str) -> bool:
    """Say whether a word was broken."""
    return " ".join(lines) != " ".join(text.split())


def _ended(line: str, width: int, size: int) -> str:
    while line and _length(line + ELLIPSIS, size) > width:
        line = line.rpartition(" ")[0] or line[:-1]
    return line.rstrip(" ,;:–—-.") + ELLIPSIS


def _as_much_as_fits(word: str, width: int, size: int) -> str:
    count = 1
    while count < len(word) - 1 and _length(word[: count + 1], size) <= width:
        count += 1
    return word[:count]


def _length(text: str, size: int) -> float:
    return face(size).getlength(text)
