"""Who publishes a digest: one worker at a time, and nobody after five of them got nowhere.

Content that crashes the rendering, or takes all memory, must not take worker after worker.
"""

from datetime import timedelta

import sqlalchemy as sa
import structlog

from newsletter.database_clock import database_now
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_hold import is_left_alone
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue

log = structlog.get_logger()

#: A worker has the publishing of a digest in hand for so long, unless it gets on: what it does
#: between two commits takes seconds.
LEASE = timedelta(seconds=60)

#: So many beginnings in a row without getting on, and the digest is *quarantined*: it may be what
#: ends them. Staff release it.
MOST_ATTEMPTS = 5


def unpublished() -> sa.ColumnElement[bool]:
    """Return the condition of a digest that is to go out and has not been fanned out."""
    return sa.or_(
        Digest.state == DigestState.SCHEDULED,
        sa.and_(Digest.state == DigestState.SENDING, Digest.fanned_out_at.is_(None)),
    )


def to_be_published() -> sa.ColumnElement[bool]:
    """Return the condition of a digest that a worker may take now, by the database's clock."""
    in_nobodys_hand = sa.or_(
        Digest.publishing_until.is_(None), Digest.publishing_until < database_now()
    )
    may_be_tried = Digest.publish_attempts < MOST_ATTEMPTS
    return sa.and_(unpublished(), in_nobodys_hand, may_be_tried, ~is_left_alone())


def take_publishing(*, digest_id: int) -> bool:
    """Take the publishing of a digest in hand by compare-and-set; say whether it was to be had."""
    taken = db.session.execute(
        sa.update(Digest)
        .where(Digest.id == digest_id, to_be_published())
        .values(
            publish_attempts=Digest.publish_attempts + 1, publishing_until=database_now() + LEASE
        )
        .returning(Digest.publish_attempts)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken == MOST_ATTEMPTS:
        log.warning("digest_published_last_time", digest_id=digest_id)
    return taken is not None


def got_on(digest: Digest) -> None:
    """Note, in the transaction that stores it, that something of the publishing is done."""
    digest.publish_attempts = 0
    digest.publishing_until = database_now() + LEASE


def is_being_published(digest: Digest) -> bool:
    """Whether the digest is on its way and its deliveries are not all written yet."""
    return digest.state is DigestState.SENDING and digest.fanned_out_at is None


def is_quarantined(digest: Digest) -> bool:
    """Whether nobody publishes the digest any more until staff release it."""
    until = digest.publishing_until
    return (
        digest.publish_attempts >= MOST_ATTEMPTS
        and digest.fanned_out_at is None
        and (until is None or until < database_now())
    )


def release_publishing(*, digest: Digest) -> bool:
    """Let workers try a quarantined digest again; say whether there was anything to release."""
    db.session.refresh(digest, with_for_update=True)
    if not is_quarantined(digest):
        return False
    digest.publish_attempts = 0
    enqueue(Job.PUBLISH_DIGEST, digest_id=digest.id)
    return True
