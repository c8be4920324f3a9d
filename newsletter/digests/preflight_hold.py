"""Digests that preflight holds, and what staff overruled."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId
from newsletter.database_clock import database_now
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight import Finding
from newsletter.extensions import Model, db
from newsletter.jobs import Job, enqueue

log = structlog.get_logger()

#: A held digest is looked at again so often, for so long: a page that was away comes back, and
#: an article is mended. Later than that nobody expects it to go out by itself.
LOOK_AGAIN = timedelta(minutes=10)
LOOK_UNTIL = timedelta(days=1)


class PreflightHold(Model):
    """What preflight held of one digest, and what staff overruled of it."""

    __tablename__ = "preflight_holds"

    digest_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True
    )
    held_at: Mapped[datetime | None]  # None: it is not held, or no more
    #: When a worker looks again by itself; None: when staff say so.
    look_again_at: Mapped[datetime | None]
    #: Owners and editors are to be told by mail, from then on.
    tell_at: Mapped[datetime | None]
    found: Mapped[str] = mapped_column(Text, default="{}")  # sentences by key, as JSON
    overruled: Mapped[str] = mapped_column(Text, default="[]")  # keys, as JSON

    @property
    def sentences(self) -> list[str]:
        """What it is held for."""
        return list(json.loads(self.found).values())


def is_left_alone() -> sa.ColumnElement[bool]:
    """Return the condition of a digest that is held and not to be looked at now."""
    later = sa.or_(
        PreflightHold.look_again_at.is_(None), PreflightHold.look_again_at > database_now()
    )
    return sa.exists().where(
        PreflightHold.digest_id == Digest.id, PreflightHold.held_at.is_not(None), later
    )


def is_held_by_preflight() -> sa.ColumnElement[bool]:
    """Return the condition of a digest that is held, whether or not it is looked at again."""
    return sa.exists().where(
        PreflightHold.digest_id == Digest.id, PreflightHold.held_at.is_not(None)
    )


def hold_of(digest: Digest) -> PreflightHold | None:
    """Return the hold of a digest that is scheduled and held."""
    found = db.session.get(PreflightHold, digest.id, populate_existing=True)
    is_held = found is not None and found.held_at is not None
    return found if is_held and digest.state is DigestState.SCHEDULED else None


def overruled_of(digest_id: int) -> frozenset[str]:
    """Return the keys of findings that staff overruled."""
    found = db.session.get(PreflightHold, digest_id, populate_existing=True)
    return frozenset(json.loads(found.overruled)) if found else frozenset()


def hold(*, digest: Digest, errors: Iterable[Finding], now: datetime) -> None:
    """Hold a scheduled digest for these errors; staff are told of each set of them once."""
    row = _row(digest)
    before = set(json.loads(row.found))
    found = {one.key: one.sentence for one in errors}
    row.found = json.dumps(found, ensure_ascii=False)
    if row.held_at is None or not found.keys() <= before:
        row.tell_at = now
        enqueue(Job.TELL_OF_HELD_DIGEST, digest_id=digest.id)
    row.held_at = row.held_at or now
    again = database_now()
    row.look_again_at = again + LOOK_AGAIN if now - row.held_at < LOOK_UNTIL else None
    digest.publishing_until, digest.publish_attempts = None, 0
    db.session.flush()
    log.warning(
        "digest_held_by_preflight", digest_id=digest.id, errors=sorted(set(map(_kind, found)))
    )


def let_pass(*, digest: Digest) -> None:
    """Hold it no more, for nothing stands in its way."""
    row = db.session.get(PreflightHold, digest.id, with_for_update=True, populate_existing=True)
    if row is None or row.held_at is None:
        return
    row.held_at = row.look_again_at = row.tell_at = None
    row.found = "{}"
    db.session.flush()
    log.info("digest_passed_preflight", digest_id=digest.id)


def look_again(*, digest: Digest) -> bool:
    """Have a worker look at a held digest at once; say whether it is held."""
    row = hold_of(digest)
    if row is None:
        return False
    row.look_again_at = database_now()
    db.session.flush()
    enqueue(Job.PUBLISH_DIGEST, digest_id=digest.id)
    return True


def overrule(*, digest: Digest, errors: Iterable[Finding]) -> None:
    """Note that staff send it in spite of these; what is found later than that holds it again."""
    row = _row(digest)
    keys = {one.key for one in errors if one.overrulable} | set(json.loads(row.overruled))
    row.overruled = json.dumps(sorted(keys), ensure_ascii=False)
    db.session.flush()


def _row(digest: Digest) -> PreflightHold:
    row = db.session.get(PreflightHold, digest.id, with_for_update=True, populate_existing=True)
    if row is None:
        row = PreflightHold(digest_id=digest.id, found="{}", overruled="[]")
        db.session.add(row)
        db.session.flush()
    return row


def _kind(key: str) -> str:
    """Return the kind of a finding, without what it is about: that may be long, or private."""
    return key.partition(" ")[0]
