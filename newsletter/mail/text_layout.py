"""Plain text as mail readers like it: lines of at most 72 columns."""

import re
from unicodedata import combining, east_asian_width

WIDTH = 72
_ELLIPSIS = "…"
#: A longer part would not fit on the line of a phone.
_TIED = 24
_TIE, _DOT = "\N{NO-BREAK SPACE}", " · "
_LOOSE = " ,;:–—-"
_WIDE = "WF"
#: An address, a run of a script with spaces, or one sign of a script without.
_SPACED = r"[^\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]"
_PIECE = re.compile(rf"https?://[!-~]+|{_SPACED}+?(?=https?://)|{_SPACED}+|.")
#: Signs of Chinese and Japanese that must not begin a line.
_CLOSING = "。、，．：；？！）」』】〉》”’…"


def wrap(text: str, *, indent: str = "", first: str | None = None) -> str:
    """Wrap one paragraph; an address longer than a line keeps its own line whole.

    Scripts without spaces end a line after any character, and each fills two columns.

    Args:
        indent: stands before every line.
        first: stands before the first line instead, such as a bullet.
    """
    lines = [indent if first is None else first]
    used = None  # columns of the line so far; None while nothing but the indent is on it
    for piece, space in _pieces(text):
        needed = _columns(piece)
        if used is not None and used + len(space) + needed > WIDTH and piece not in _CLOSING:
            lines.append(indent)
            used = None
        lines[-1] += piece if used is None else space + piece
        used = _columns(lines[-1])
    return "\n".join(line.rstrip() for line in lines) if text.strip() else ""


def underlined(text: str, *, rule: str = "-") -> str:
    """Return a heading with a rule under it."""
    wrapped = wrap(text)
    return f"{wrapped}\n{rule * max(map(_columns, wrapped.splitlines()), default=0)}"


def shorten(text: str, longest: int) -> str:
    """Cut text at a word, with an ellipsis, where it is longer than asked for."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    words, space, _ = cut.rpartition(" ")
    # A script without spaces, or one very long word, is cut where it stands.
    kept = words if space and len(words) > longest // 2 else cut
    return kept.rstrip(_LOOSE) + _ELLIPSIS


def tied(facts: str) -> str:
    """Let a line of facts break after a dot between two of them, and not inside a short one."""
    parts = [part.replace(" ", _TIE) if len(part) <= _TIED else part for part in facts.split(_DOT)]
    return f"{_TIE}· ".join(parts)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return what a line may end after, each with the space it had before it."""
    pieces: list[tuple[str, str]] = []
    for word in text.split():
        space = " "
        for piece in _breakable(word):
            pieces.append((piece, space))
            space = ""
    return pieces


def _breakable(word: str) -> list[str]:
    if word.startswith(("http://", "https://")):
        return [word]
    return _PIECE.findall(word)


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in _WIDE else 1 for sign in text
    )
