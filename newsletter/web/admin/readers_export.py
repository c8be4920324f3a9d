"""Export: the readers that a filter finds, as CSV, however many they are."""

import csv
import io
from collections.abc import Iterator

from flask import Response, stream_with_context
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.publications.models import Topic
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.search import ReaderFilter, every_reader
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication
from newsletter.web.admin.readers import wanted_readers

COLUMNS = (
    "email",
    "name",
    "state",
    "cadence",
    "topics",
    "language",
    "legal_basis",
    "signed_up_at",
    "confirmed_at",
    "unsubscribed_at",
)

#: A spreadsheet would run a cell that begins so as a formula (OWASP, "CSV Injection").
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@admin.post("/readers/export")
@staff(StaffRole.EDITOR)
def readers_export() -> ResponseReturnValue:
    """Stream the filtered readers; a POST, since the act is recorded."""
    publication, now = needed_publication(), utc_now()
    wanted = wanted_readers()
    topics: list[Topic] = publication.topics
    names = {topic.id: topic.name for topic in topics}
    file_name = f"{publication.slug}-readers-{now:%Y-%m-%d}.csv"
    with unit_of_work():
        audit.record("readers_exported", staff=staff_member(), now=now, detail=_told(wanted))
    return Response(
        stream_with_context(_lines(wanted, names)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def plain_cell(value: str) -> str:
    """Return `value` so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(_FORMULA_SIGNS) else value


def _lines(wanted: ReaderFilter, topic_names: dict[int, str]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for reader in every_reader(wanted):
        writer.writerow([plain_cell(cell) for cell in _cells(reader, topic_names)])
        if buffer.tell() > 32_000:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cells(reader: Subscription, topic_names: dict[int, str]) -> list[str]:
    moments = (reader.signed_up_at, reader.confirmed_at, reader.unsubscribed_at)
    return [
        reader.subscriber.email,
        reader.subscriber.name,
        reader.state.value,
        reader.cadence.value,
        "; ".join(sorted(topic_names.get(one, str(one)) for one in reader.topics)),
        reader.language,
        reader.legal_basis.value,
        *(moment.isoformat() if moment else "" for moment in moments),
    ]


def _told(wanted: ReaderFilter) -> str:
    """Say which readers were exported, without the address that was searched for."""
    parts = [wanted.state or "", wanted.cadence or "", "a search" if wanted.address else ""]
    return ", ".join(part for part in parts if part) or "all"
