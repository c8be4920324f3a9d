"""Read a file of readers line by line: encoding, delimiter, quotes; never all of it at once."""

import csv
import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from newsletter.errors import PermanentError

LONGEST_LINE = 10_000
MOST_COLUMNS = 200
#: Lines that one quoted cell may run over.
MOST_LINES_JOINED = 20

_HEAD_BYTES = 64 * 1024
_DELIMITERS = ",;\t|"
#: What a byte becomes that is no UTF-8.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_OTHER_KINDS = {
    b"PK\x03\x04": "a spreadsheet or an archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a PDF document",
}


class UnreadableFile(PermanentError):
    """A file that holds no list of readers; the text says what it is or lacks."""


class UnusableCell(PermanentError):
    """A cell that cannot be read; the text says why."""


#: The line on which a record begins, and its cells.
Record = tuple[int, list[str]]


class Refusal(NamedTuple):
    """A line that cannot be imported: where, what (empty if unreadable), and why."""

    line: int
    value: str
    reason: str


class ReaderFile:
    """An open file of readers; iterating yields each record, or why a line is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        encoding = _encoding(path)
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        self._file: TextIO = path.open(encoding=encoding, errors=errors)
        self.size = os.fstat(self._file.fileno()).st_size
        self._ahead: deque[tuple[int, str]] = deque()
        self._read = 0
        self.delimiter = self._delimiter()

    def __enter__(self) -> "ReaderFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """Bytes read so far, to within a buffer."""
        return min(self._file.buffer.tell(), self.size)

    def __iter__(self) -> Iterator[Record | Refusal]:
        while (taken := self._take()) is not None:
            number, text = taken
            if text.strip():
                yield self._record(number, text)

    def _record(self, number: int, text: str) -> Record | Refusal:
        reason = _unreadable(text)
        if reason:
            return Refusal(number, "", reason)
        if '"' not in text:
            # What csv.reader would do, and sooner.
            cells = text.rstrip("\r\n").split(self.delimiter)
        else:
            quoted = _cells(text, self.delimiter) or self._joined(number, text)
            if quoted is None:
                return Refusal(number, "", "a quotation mark is not closed, or stands in a cell")
            cells = quoted
        if len(cells) > MOST_COLUMNS:
            return Refusal(number, "", f"more than {MOST_COLUMNS} columns")
        return number, cells

    def _joined(self, number: int, text: str) -> list[str] | None:
        """Read a cell that runs over several lines; lines that do not complete it stay unread."""
        taken: list[tuple[int, str]] = []
        while len(taken) < MOST_LINES_JOINED and (following := self._take()) is not None:
            taken.append(following)
            text += following[1]
            cells = None if _unreadable(following[1]) else _cells(text, self.delimiter)
            if cells is not None:
                return cells
        self._ahead.extendleft(reversed(taken))
        return None

    def _take(self) -> tuple[int, str] | None:
        if self._ahead:
            return self._ahead.popleft()
        text = self._file.readline(LONGEST_LINE + 1)
        if not text:
            return None
        self._read += 1
        rest = text
        while len(rest) > LONGEST_LINE and not rest.endswith("\n"):
            rest = self._file.readline(LONGEST_LINE + 1)
        return self._read, text

    def _delimiter(self) -> str:
        """Choose the sign that divides the first line that is not empty."""
        skipped: list[tuple[int, str]] = []
        first = ""
        while not first.strip() and (taken := self._take()) is not None:
            skipped.append(taken)
            first = taken[1]
        self._ahead.extendleft(reversed(skipped))
        outside = "".join(first.split('"')[::2])
        return max(_DELIMITERS, key=outside.count)


def _encoding(path: Path) -> str:
    """Tell the encoding by the first bytes.

    Raises:
        UnreadableFile: this is no text, or text without a mark of its encoding.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    kind = next((kind for sign, kind in _OTHER_KINDS.items() if head.startswith(sign)), "")
    if kind:
        raise UnreadableFile(f"This file is {kind}, not text: save the list as CSV.")
    if not head.strip():
        raise UnreadableFile("This file is empty.")
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise UnreadableFile("This file is UTF-32: save it as CSV in UTF-8.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.count(0) > len(head) // 4:
        raise UnreadableFile(
            "This file is binary, or UTF-16 without its mark: save it as CSV in UTF-8."
        )
    return "utf-8-sig"


def _unreadable(text: str) -> str:
    if len(text) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE:,} characters"
    if "\x00" in text:
        return "holds a NUL byte"
    if not text.isascii() and _HALF_CHARACTER.search(text):
        return "is not UTF-8 text"
    return ""


def _cells(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None
