"""The record of what staff changed."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.staff.models import AuditEvent, Staff


def record(
    action: str,
    *,
    staff: Staff | None,
    now: datetime,
    object_kind: str = "",
    object_id: int | None = None,
    detail: str = "",
) -> None:
    """Note one act, in the unit of work that does it; `detail` names no address."""
    db.session.add(
        AuditEvent(
            at=now,
            staff_id=staff.id if staff else None,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            detail=detail,
        )
    )
    db.session.flush()


def latest_events(limit: int = 20) -> Sequence[AuditEvent]:
    """Return what was done last, newest first."""
    return db.session.scalars(
        sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    ).all()


def events_about(object_kind: str, object_id: int) -> Sequence[AuditEvent]:
    """Return what staff did with one thing, oldest first."""
    return db.session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.object_kind == object_kind, AuditEvent.object_id == object_id)
        .order_by(AuditEvent.id)
    ).all()
