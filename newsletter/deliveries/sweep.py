"""The sweeper: finds what waits although nobody has it in hand, and asks for it again."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.database_clock import database_now
from newsletter.deliveries.finish import finish_digest
from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publishing import to_be_published
from newsletter.extensions import db
from newsletter.jobs import Job, count_waiting, enqueue

log = structlog.get_logger()

#: So many jobs in the queue are enough: a sweep asks for no batch beyond them. Else each one would
#: ask for all that wait again, and a digest of many hours would fill the memory of Redis.
SWEEP_SIZE = 200


def sweep_batches() -> int:
    """Take back expired leases and ask for batches that are due; return for how many."""
    moment = database_now()
    expired = db.session.execute(
        sa.update(Batch)
        .where(Batch.state == BatchState.LEASED, Batch.lease_until < moment)
        .values(
            state=BatchState.QUEUED,
            lease_until=None,
            lost_leases=Batch.lost_leases + 1,
            next_attempt_at=moment,
        )
        .returning(Batch.id, Batch.lost_leases)
        .execution_options(synchronize_session=False)
    )
    for batch_id, lost in expired:
        log.warning("lease_expired", batch_id=batch_id)
        if lost >= MOST_LOST_LEASES:
            log.error("batch_quarantined", batch_id=batch_id)
    batch_ids = _due_batches(moment, most=SWEEP_SIZE - count_waiting(Job.SEND_BATCH))
    for batch_id in batch_ids:
        enqueue(Job.SEND_BATCH, batch_id=batch_id)
    return len(batch_ids)


def _due_batches(moment: datetime, *, most: int) -> list[int]:
    if most <= 0:
        return []
    due = (
        sa.select(Batch.id)
        .join(Digest, Digest.id == Batch.digest_id)
        .where(Batch.state == BatchState.QUEUED, Batch.next_attempt_at <= moment)
        .where(Batch.lost_leases < MOST_LOST_LEASES)
        .where(Digest.state == DigestState.SENDING, Digest.paused_at.is_(None))
        .where(Digest.fanned_out_at.is_not(None))
        .order_by(Batch.next_attempt_at)
        .limit(most)
    )
    return list(db.session.scalars(due))


def sweep_digests(*, now: datetime) -> int:
    """Ask again for digests whose publishing stopped half-way, and finish the finished ones."""
    digest_ids = list(db.session.scalars(sa.select(Digest.id).where(to_be_published())))
    for digest_id in digest_ids:
        enqueue(Job.PUBLISH_DIGEST, digest_id=digest_id)
    sending = sa.select(Digest.id).where(
        Digest.state == DigestState.SENDING, Digest.fanned_out_at.is_not(None)
    )
    for digest_id in list(db.session.scalars(sending)):
        finish_digest(digest_id=digest_id, now=now)
    return len(digest_ids)
