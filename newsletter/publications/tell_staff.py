"""Telling staff of one thing, once: take it in hand, mail it, and settle it when somebody has it.

A column of the thing's row says when staff are to be told; it is empty when they were, or need not
be. So a telling outlasts a relay that is away and a worker that dies.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy.orm import InstrumentedAttribute

from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.publications.staff_mail import StaffMail, mail_staff
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Whoever tells it has so long, longer than the task's limit, as a relay may take ten minutes to
#: answer; then, if nobody took the mail, it is tried again.
WAIT = timedelta(minutes=12)
#: After so long the overview has to do.
GIVE_UP = timedelta(days=1)

Row = TypeVar("Row")
Told = TypeVar("Told")


def tell_staff(
    row: type[Row],
    row_id: int,
    *,
    tell_at: InstrumentedAttribute[datetime | None],
    look: Callable[[Row], Told | None],
    write: Callable[[Told], StaffMail],
    mailer: Mailer,
    now: datetime,
) -> int:
    """Send one mail to each owner and editor, if it is time; return how many were accepted.

    Commits by itself. One mail accepted is enough; while none is, it is tried again.

    Args:
        tell_at: the column of the row that says when.
        look: returns what is to be told of the row, or None if it is not worth a mail any more.
        write: returns the mail about that.
    """
    with unit_of_work():
        told = _take(row, row_id, tell_at.key, look=look, now=now)
    if told is None:
        return 0
    mail = write(told)
    accepted = mail_staff(mail, mailer=mailer, now=now)
    if accepted:
        with unit_of_work():
            _settle(row, row_id, tell_at.key, again_at=now + WAIT)
    log.info("staff_told", kind=mail.kind, number=mail.number, mails=accepted)
    return accepted


def _take(
    row: type[Row],
    row_id: int,
    column: str,
    *,
    look: Callable[[Row], Told | None],
    now: datetime,
) -> Told | None:
    """Take the telling in hand; None if it is not due, or not worth it any more."""
    found = db.session.get(row, row_id, with_for_update=True, populate_existing=True)
    due: datetime | None = getattr(found, column, None)
    if found is None or due is None or due > now:
        return None
    told = look(found)
    setattr(found, column, None if told is None else now + WAIT)
    return told


def _settle(row: type[Row], row_id: int, column: str, *, again_at: datetime) -> None:
    """Note that staff know, unless there was something new to tell while the relay answered."""
    found = db.session.get(row, row_id, with_for_update=True, populate_existing=True)
    if getattr(found, column, None) == again_at:
        setattr(found, column, None)
