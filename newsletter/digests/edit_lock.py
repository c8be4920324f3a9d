"""Who writes on a draft: one editor at a time, until she is not seen any more."""

from datetime import datetime, timedelta

from newsletter.digests.models import Digest, EditLock
from newsletter.errors import PermanentError
from newsletter.extensions import db

#: Whoever was not seen for so long has gone; her page gives a sign every 30 seconds.
GONE_AFTER = timedelta(seconds=90)


class EditedByAnother(PermanentError):
    """Somebody else writes on the draft: who, and since when."""

    def __init__(self, lock: EditLock) -> None:
        super().__init__("Somebody else is editing this.")
        self.staff_id, self.since = lock.staff_id, lock.since


def current_lock(digest_id: int, *, now: datetime) -> EditLock | None:
    """Return the lock of whoever writes on the draft, if anybody does."""
    lock = db.session.get(EditLock, digest_id)
    return lock if lock is not None and now - lock.seen_at <= GONE_AFTER else None


def take_lock(*, digest: Digest, staff_id: int, now: datetime, over: bool = False) -> EditLock:
    """Take the lock of a draft, or keep it; the caller has locked the digest's row.

    Args:
        over: take it over from whoever has it.

    Raises:
        EditedByAnother.
    """
    lock = db.session.get(EditLock, digest.id, populate_existing=True)
    if lock is None:
        lock = EditLock(digest_id=digest.id, staff_id=staff_id, since=now, seen_at=now)
        db.session.add(lock)
    elif lock.staff_id != staff_id:
        if now - lock.seen_at <= GONE_AFTER and not over:
            raise EditedByAnother(lock)
        lock.staff_id, lock.since = staff_id, now
    elif now - lock.seen_at > GONE_AFTER:
        lock.since = now
    lock.seen_at = now
    db.session.flush()
    return lock


def leave_lock(*, digest: Digest, staff_id: int) -> None:
    """Give the lock back, if it is hers."""
    lock = db.session.get(EditLock, digest.id)
    if lock is not None and lock.staff_id == staff_id:
        db.session.delete(lock)
        db.session.flush()
