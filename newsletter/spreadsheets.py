"""CSV that people open in spreadsheets: written in pieces, and no cell of it a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

#: A spreadsheet would run a cell that begins so as a formula (OWASP, "CSV Injection").
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_PIECE = 32_000


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield rows as CSV, some thousand characters at a time, headings first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for cells in rows:
        writer.writerow([plain_cell(cell) for cell in cells])
        if buffer.tell() > _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def plain_cell(value: str) -> str:
    """Return `value` so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(FORMULA_SIGNS) else value
