"""Export: the readers that a filter finds, as lines of CSV, however many they are."""

import csv
import io
from collections.abc import Iterator, Mapping

from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.search import ReaderFilter, every_reader

COLUMNS = (
    "email",
    "name",
    "state",
    "cadence",
    "topics",
    "language",
    "hour",
    "time_zone",
    "paused_until",
    "legal_basis",
    "signed_up_at",
    "confirmed_at",
    "unsubscribed_at",
)

#: A spreadsheet would run a cell that begins so as a formula (OWASP, "CSV Injection").
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_PIECE = 32_000


def csv_pieces(wanted: ReaderFilter, *, topic_names: Mapping[int, str]) -> Iterator[str]:
    """Yield the readers as CSV, some thousand characters at a time, headings first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for reader in every_reader(wanted):
        writer.writerow([plain_cell(cell) for cell in _cells(reader, topic_names)])
        if buffer.tell() > _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def plain_cell(value: str) -> str:
    """Return `value` so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value


def _cells(reader: Subscription, topic_names: Mapping[int, str]) -> list[str]:
    moments = (reader.signed_up_at, reader.confirmed_at, reader.unsubscribed_at)
    own = reader.own_hours
    return [
        reader.subscriber.email,
        reader.subscriber.name,
        reader.state.value,
        reader.cadence.value,
        "; ".join(sorted(topic_names.get(one, str(one)) for one in reader.topics)),
        reader.language,
        f"{own.send_at:%H:%M}" if own else "",
        own.time_zone if own else "",
        reader.paused_until.isoformat() if reader.paused_until else "",
        reader.legal_basis.value,
        *(moment.isoformat() if moment else "" for moment in moments),
    ]
