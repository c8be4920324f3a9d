"""Export: the readers that a filter finds, as CSV, however many they are."""

from flask import Response, stream_with_context
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.publications.models import Topic
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.export import csv_pieces
from newsletter.subscriptions.search import ReaderFilter
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication
from newsletter.web.admin.readers import wanted_readers


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
        stream_with_context(csv_pieces(wanted, topic_names=names)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def _told(wanted: ReaderFilter) -> str:
    """Say which readers were exported, without the address that was searched for."""
    parts = [wanted.state or "", wanted.cadence or "", "a search" if wanted.address else ""]
    return ", ".join(part for part in parts if part) or "all"
