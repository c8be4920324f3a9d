"""The hold: a database that was set back to an earlier state sends nothing until staff release it.

Restored from yesterday's backup it would mail again what went out since, and mail readers who left
since. So it carries a mark, a number that grows each minute while workers run. Redis and a file on
each machine with workers are witnesses of the highest mark; one that is ahead of the database tells
that the database went back.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog
from redis import Redis, RedisError

from newsletter.database import insert_missing
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.lost_numbers import pass_over_lost_numbers
from newsletter.mail.models import SendingMark
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

REDIS_KEY = "newsletter:sending-mark"
FILE_NAME = "sending-mark"

#: A database whose mark is older, and of which nobody was witness, was restored elsewhere. After a
#: shorter pause, witnesses that were emptied meanwhile are no reason to keep mail back.
UNWITNESSED = timedelta(hours=1)

WENT_BACK = "The database is older than what was last sent: it was restored from a backup."
UNKNOWN = (
    "Nothing was sent for more than an hour, and neither the queue server nor this machine knows "
    "what was sent before: perhaps the database was restored from a backup."
)


class SendingNotHeld(PermanentError):
    """There is nothing to release."""


@dataclass(frozen=True)
class Witnesses:
    """Where the mark is kept beside the database; what cannot be asked knows nothing."""

    redis: "Redis"
    folder: Path

    def highest(self) -> int | None:
        """Return the highest mark that anybody saw."""
        known = [mark for mark in (self._of_redis(), self._of_file()) if mark is not None]
        return max(known, default=None)

    def tell(self, mark: int) -> None:
        """Keep a mark that the database has for good."""
        try:
            self.redis.set(REDIS_KEY, mark)
        except RedisError as error:
            log.warning("sending_mark_not_kept", witness="redis", error=type(error).__name__)
        try:
            self._write(mark)
        except OSError as error:
            log.warning("sending_mark_not_kept", witness="file", error=type(error).__name__)

    def _write(self, mark: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{FILE_NAME}.{os.getpid()}"
        fresh.write_text(f"{mark}\n")
        fresh.replace(self.folder / FILE_NAME)

    def _of_redis(self) -> int | None:
        try:
            found = self.redis.get(REDIS_KEY)
        except RedisError:
            return None
        return int(found) if found else None

    def _of_file(self) -> int | None:
        try:
            return int((self.folder / FILE_NAME).read_text())
        except (OSError, ValueError):
            return None


def current_mark() -> SendingMark | None:
    """Return the mark of the database; None before the first worker ran."""
    return db.session.scalars(sa.select(SendingMark)).one_or_none()


def sending_is_held(*, witnesses: Witnesses, now: datetime) -> bool:
    """Say whether nothing may be sent; begin a hold, in a transaction of its own, if it must be."""
    # The witnesses first: a mark raised between the two questions is then in the database already.
    highest = witnesses.highest()
    db.session.rollback()
    mark = current_mark()
    reason = _reason_to_hold(mark, highest, now=now)
    held = bool(mark and mark.held_since) or bool(reason)
    db.session.rollback()
    if reason:
        with unit_of_work() as session:
            _added(now)
            untouched = sa.update(SendingMark).where(SendingMark.held_since.is_(None))
            session.execute(untouched.values(held_since=now, reason=reason))
            pass_over_lost_numbers()
        log.error("sending_held", reason=reason)
    return held


def advance_mark(*, now: datetime) -> int:
    """Raise the mark by one and return it; tell the witnesses once that is committed."""
    _added(now)
    raised = sa.update(SendingMark).values(number=SendingMark.number + 1, at=now)
    return db.session.execute(raised.returning(SendingMark.number)).scalar_one()


def release_sending(*, witnesses: Witnesses, now: datetime) -> int:
    """Let mail go out again; return the new mark, beyond all that anybody saw.

    Raises:
        SendingNotHeld.
    """
    beyond = (witnesses.highest() or 0) + 1
    released = db.session.execute(
        sa.update(SendingMark)
        .where(SendingMark.held_since.is_not(None))
        .values(
            held_since=None,
            reason="",
            at=now,
            number=sa.case((SendingMark.number < beyond, beyond), else_=SendingMark.number + 1),
        )
        .returning(SendingMark.number)
    ).scalar_one_or_none()
    if released is None:
        raise SendingNotHeld("Sending is not held.")
    return released


def _reason_to_hold(mark: SendingMark | None, highest: int | None, *, now: datetime) -> str:
    if mark and mark.held_since:
        return ""
    if highest is not None:
        return WENT_BACK if highest > (mark.number if mark else 0) else ""
    return UNKNOWN if mark and now - mark.at > UNWITNESSED else ""


def _added(now: datetime) -> None:
    """Add the only row there is, if it is missing."""
    values = {"id": 1, "number": 0, "at": now, "reason": ""}
    insert_missing(db.session(), SendingMark, values, unique=["id"])
