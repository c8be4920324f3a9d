"""Header lines from names and values, each value in the form its header asks for."""

import re
from collections.abc import Iterable, Sequence

from newsletter.errors import PermanentError
from newsletter.mail.addresses import mailable_address
from newsletter.mail.encoded_words import encoded_words, fold, one_line, phrase, unstructured
from newsletter.mail.markers import Placeholder
from newsletter.mail.segments import Piece, Place, Slot

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")
_READ_BY_PEOPLE = frozenset({"subject", "comments"})
_ADDRESSES = frozenset({"from", "to", "reply-to", "sender"})
_WRITTEN_HERE = frozenset({"mime-version", "return-path", "bcc"})
_MACHINE_VALUE = re.compile(r"[!-;=?-~]+")  # printable ASCII without space, "<" and ">"
_SPACES = re.compile(r"\s+")
_FOLD = "\r\n "
_FIRST_WORD = 76 - len("Comments: ")
_LINE_OCTETS = 998  # RFC 5322 §2.1.1
_VALUE_OCTETS = 400  # of one placeholder in a machine-read header: two share a line


class UnsafeHeader(PermanentError):
    """A header would be forged, doubled, or broken on the way; nothing is sent with it."""


def header_pieces(name: str, pieces: Sequence[str | Placeholder]) -> list[Piece]:
    """Write one header, given its name and its value split at placeholders; ends in CRLF."""
    kind = name.lower()
    if kind in _READ_BY_PEOPLE:
        written = _subject(name, pieces)
    elif kind in _ADDRESSES:
        written = _mailboxes(name, pieces)
    else:
        written = _machine(name, pieces)
    return [f"{name}:".encode("ascii"), *written, b"\r\n"]


def check_names(names: Iterable[str]) -> None:
    """Raise UnsafeHeader unless each name is well-formed, ours to give, and given once."""
    seen = set()
    for name in names:
        kind = name.lower()
        if not _NAME.fullmatch(name):
            raise UnsafeHeader("A header name holds characters that are not allowed.")
        if kind in _WRITTEN_HERE or kind.startswith("content-"):
            raise UnsafeHeader(f"The header {name} is not given from outside.")
        if kind in seen:
            raise UnsafeHeader(f"The header {name} is given twice.")
        seen.add(kind)


def words_value(value: str) -> bytes:
    """Write a personal value within a subject: encoded-words on lines of their own."""
    return _more_words(one_line(value))


def first_words_value(value: str) -> bytes:
    """Write a personal value at the start of a subject."""
    return _first_words(one_line(value))


def phrase_value(value: str) -> bytes:
    """Write a personal display name; the address behind it goes to the next line."""
    name = phrase(value)
    return f"{fold(name, used=len('Reply-To: '))}\r\n".encode("ascii") if name else b""


def address_value(value: str) -> bytes:
    """Write an address; a non-ASCII local part as UTF-8, which only SMTPUTF8 may carry."""
    return mailable_address(value).encode("utf-8")


def machine_value(value: str) -> bytes:
    """Write a personal value of a machine-read header: whole, or not at all."""
    if not _MACHINE_VALUE.fullmatch(value) or len(value) > _VALUE_OCTETS:
        raise UnsafeHeader("A value of a machine-read header is too long or not plain ASCII.")
    return value.encode("ascii")


def _subject(name: str, pieces: Sequence[str | Placeholder]) -> list[Piece]:
    if len(pieces) == 1:
        return [f" {unstructured(str(pieces[0]), used=len(name) + 2)}".encode("ascii")]
    # White space between two encoded-words is not shown (RFC 2047 §6.2), so with every part
    # encoded the lines can be put together freely.
    written: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Placeholder):
            written.append(Slot(piece, Place.WORDS if written else Place.FIRST_WORDS))
        elif piece:
            literal = _SPACES.sub(" ", piece)
            written.append(_more_words(literal) if written else _first_words(literal))
    return written


def _first_words(text: str) -> bytes:
    words = encoded_words(text, first=_FIRST_WORD)
    return f" {_FOLD.join(words)}".encode("ascii") if words else b""


def _more_words(text: str) -> bytes:
    return "".join(f"{_FOLD}{word}" for word in encoded_words(text)).encode("ascii")


def _mailboxes(name: str, pieces: Sequence[str | Placeholder]) -> list[Piece]:
    _check_literals(name, pieces)
    if len(pieces) == 1:
        return [f" {fold(str(pieces[0]), used=len(name) + 2)}".encode("ascii")]
    places = {Placeholder.NAME: Place.PHRASE, Placeholder.ADDRESS: Place.ADDRESS}
    written: list[Piece] = [b" "]
    for piece in pieces:
        if not isinstance(piece, Placeholder):
            written.append(piece.encode("ascii"))
        elif piece in places:
            written.append(Slot(piece, places[piece]))
        else:
            raise UnsafeHeader(f"The header {name} takes only a name and an address.")
    return written


def _machine(name: str, pieces: Sequence[str | Placeholder]) -> list[Piece]:
    _check_literals(name, pieces)
    written: list[Piece] = [b" "]
    for piece in pieces:
        if isinstance(piece, Placeholder):
            written.append(Slot(piece, Place.MACHINE))
        else:
            written.append(piece.encode("ascii"))
    literal = sum(len(piece) for piece in written if isinstance(piece, bytes))
    slots = sum(1 for piece in written if isinstance(piece, Slot))
    if len(name) + 1 + literal + slots * _VALUE_OCTETS > _LINE_OCTETS:
        raise UnsafeHeader(f"The header {name} is longer than a line may be.")
    return written


def _check_literals(name: str, pieces: Sequence[str | Placeholder]) -> None:
    for piece in pieces:
        if not isinstance(piece, Placeholder) and not (piece.isascii() and piece.isprintable()):
            raise UnsafeHeader(f"The header {name} holds characters that are not allowed.")
