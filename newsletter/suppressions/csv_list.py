"""The list of silenced addresses as CSV: written safe for spreadsheets, read with mercy."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from newsletter.database import insert_missing_rows
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, address_key, mailable_address
from newsletter.spreadsheets import FORMULA_SIGNS, csv_of
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import address_hasher

COLUMNS = ("address", "reason", "since", "note")
MOST_OCTETS = 5 * 1024 * 1024
MOST_LINES = 100_000
_ADDRESS_COLUMNS = ("address", "email", "e-mail", "email address", "mail")
_AT_ONCE = 500
_SHOWN = 20


class UnusableList(PermanentError):
    """A file that cannot be read as a list; the text says why."""


@dataclass(slots=True)
class ListReport:
    """What became of an imported list."""

    added: int = 0
    known: int = 0
    refused: int = 0
    #: Numbers of the first lines that hold no address.
    refused_lines: list[int] = field(default_factory=list)


def written(suppressions: Iterable[Suppression]) -> Iterator[str]:
    """Yield the list, some thousand characters at a time.

    Addresses of erased readers are not known, and those lines are left out.
    """
    return csv_of(COLUMNS, (_cells(one) for one in suppressions if one.address_key))


def _cells(one: Suppression) -> tuple[str, ...]:
    return one.address_key, one.reason.value, one.created_at.isoformat(), one.note


def import_list(*, octets: bytes, now: datetime) -> ListReport:
    """Silence the addresses of a list: CSV with a column `address` or `email`, or one a line.

    What is silenced already keeps its reason. Whatever is no address is counted, and nothing else
    is held up by it.

    Raises:
        UnusableList: it is too long, or no text.
    """
    report, hashed = ListReport(), address_hasher()
    rows: dict[str, dict[str, object]] = {}
    for line, cells in _lines(_text(octets)):
        try:
            values = _values(cells, now=now)
        except AddressError:
            report.refused += 1
            report.refused_lines += [line] if len(report.refused_lines) < _SHOWN else []
            continue
        address_hash = hashed(str(values["address_key"]))
        report.known += address_hash in rows
        rows.setdefault(address_hash, values | {"address_hash": address_hash})
    before = _known(list(rows))
    report.known += len(before)
    report.added = len(rows) - len(before)
    fresh = [row for key, row in rows.items() if key not in before]
    for start in range(0, len(fresh), _AT_ONCE):
        insert_missing_rows(
            db.session(), Suppression, fresh[start : start + _AT_ONCE], unique=["address_hash"]
        )
    return report


def _text(octets: bytes) -> str:
    if len(octets) > MOST_OCTETS:
        raise UnusableList("The file is larger than 5 MB. Divide it.")
    encoding = "utf-16" if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError:
        raise UnusableList("The file is not text in UTF-8. Save it so and try again.") from None
    if "\0" in text:
        raise UnusableList("The file is not text.")
    if not text.strip():
        raise UnusableList("The file is empty.")
    return text


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the lines as cells by name; without headings the first cell is the address."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    names: list[str] = []
    try:
        for cells in reader:
            if reader.line_num > MOST_LINES:
                raise UnusableList(f"The file has more than {MOST_LINES:,} lines. Divide it.")
            if not any(cell.strip() for cell in cells):
                continue
            lowered = [cell.strip().casefold() for cell in cells[:50]]
            if not names:
                has_head = any(cell in _ADDRESS_COLUMNS for cell in lowered)
                names = lowered if has_head else ["address", "reason", "since", "note"]
                if has_head:
                    continue
            yield reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error:
        raise UnusableList(f"Line {reader.line_num} cannot be read as CSV.") from None


def _values(cells: dict[str, str], *, now: datetime) -> dict[str, object]:
    written_address = next((cells[name] for name in _ADDRESS_COLUMNS if name in cells), "").strip()
    if written_address[:1] == "'" and written_address[1:].startswith(FORMULA_SIGNS):
        written_address = written_address[1:]
    return {
        "address_key": _checked(written_address),
        "reason": _reason(cells.get("reason", "")),
        "note": " ".join(cells.get("note", "").removeprefix("'").split())[:500],
        "created_at": now,
    }


def _checked(address: str) -> str:
    """Return the address as readers are known by, if mail could go there."""
    mailable_address(address)
    return address_key(address)[:320]


def _reason(text: str) -> SuppressionReason:
    """Return the reason of another list, if it is one of ours that may be lifted again."""
    try:
        reason = SuppressionReason(text.strip().casefold().replace(" ", "_"))
    except ValueError:
        return SuppressionReason.MANUAL
    return SuppressionReason.MANUAL if reason is SuppressionReason.ERASED else reason


def _known(hashes: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(hashes), _AT_ONCE):
        piece = hashes[start : start + _AT_ONCE]
        found |= set(
            db.session.scalars(
                sa.select(Suppression.address_hash).where(Suppression.address_hash.in_(piece))
            )
        )
    return found
