"""Who edits a draft: a sign of life while somebody types, and the words for it."""

from datetime import datetime

from flask import jsonify
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.digests.edit_lock import EditedByAnother, current_lock, leave_lock, take_lock
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.staff import audit
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication, of_publication
from newsletter.web.admin.times import zone_of

#: The record of one sitting has one line, however often it was saved.
SITTING = "digest_edited"


@admin.get("/digests/<int:digest_id>/edit/lock")
@staff(StaffRole.EDITOR)
def digest_edit_locked(digest_id: int) -> ResponseReturnValue:
    """Say who else has the lock, for a page on which nobody types; empty: nobody."""
    found = of_publication(Digest, digest_id)
    return jsonify(lock=lock_of_another(found.id, now=utc_now()))


@admin.post("/digests/<int:digest_id>/edit/lock")
@staff(StaffRole.EDITOR)
def digest_edit_lock(digest_id: int) -> ResponseReturnValue:
    """Take the lock or keep it, for a page on which somebody types."""
    found, now = of_publication(Digest, digest_id), utc_now()
    try:
        with unit_of_work():
            db.session.refresh(found, with_for_update=True)
            take_lock(digest=found, staff_id=staff_member().id, now=now)
    except EditedByAnother as other:
        return jsonify(problem=lock_words(other.staff_id, other.since)), 409
    return jsonify(version=found.version, state=found.state)


@admin.post("/digests/<int:digest_id>/edit/leave")
@staff(StaffRole.EDITOR)
def digest_edit_leave(digest_id: int) -> ResponseReturnValue:
    """Give the lock back, for a page that is closed."""
    found = of_publication(Digest, digest_id)
    with unit_of_work():
        leave_lock(digest=found, staff_id=staff_member().id)
    return "", 204


def lock_words(staff_id: int, since: datetime) -> str:
    """Say "Ann has been editing this since 10:01."."""
    who = db.session.get(Staff, staff_id)
    name = (who.name or who.email) if who else "Somebody"
    clock = since.astimezone(zone_of(needed_publication()))
    return f"{name} has been editing this since {clock:%H:%M}."


def lock_of_another(digest_id: int, *, now: datetime) -> str:
    """Say who has the lock, if somebody else has it."""
    lock = current_lock(digest_id, now=now)
    if lock is None or lock.staff_id == staff_member().id:
        return ""
    return lock_words(lock.staff_id, lock.since)


def record_editing(digest_id: int, *, now: datetime) -> None:
    """Note that somebody edits, once until another act follows."""
    last = next(reversed(audit.events_about("digest", digest_id)), None)
    if last is None or (last.action, last.staff_id) != (SITTING, staff_member().id):
        record(SITTING, digest_id, now)


def record(action: str, digest_id: int, now: datetime) -> None:
    audit.record(action, staff=staff_member(), now=now, object_kind="digest", object_id=digest_id)
