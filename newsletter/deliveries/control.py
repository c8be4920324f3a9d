"""Pause, resume and cancel a digest; all take effect inside a running batch."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.leave_out import leave_out_cancelled
from newsletter.deliveries.models import WAITING, Batch, BatchState, Delivery
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.start import WrongDigestState, move
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue


def pause_digest(*, digest: Digest, now: datetime) -> None:
    """Stop sending; what waits stays as it is.

    Raises:
        WrongDigestState: it is not being sent, or paused already.
    """
    db.session.refresh(digest, with_for_update=True)
    if digest.state is not DigestState.SENDING or digest.paused_at is not None:
        raise WrongDigestState("Only a digest that is being sent can be paused.")
    digest.paused_at = now


def resume_digest(*, digest: Digest, now: datetime) -> None:
    """Go on where the pause began; what came back of mails until now does not pause it again.

    Raises:
        WrongDigestState: it is not paused.
    """
    db.session.refresh(digest, with_for_update=True)
    if digest.state is not DigestState.SENDING or digest.paused_at is None:
        raise WrongDigestState("Only a paused digest can be resumed.")
    digest.paused_at, digest.resumed_at, digest.reason, digest.tell_pause_at = None, now, "", None
    waiting = sa.select(Batch.id).where(
        Batch.digest_id == digest.id, Batch.state == BatchState.QUEUED
    )
    for batch_id in db.session.scalars(waiting):
        enqueue(Job.SEND_BATCH, batch_id=batch_id)


def release_batches(*, digest: Digest) -> int:
    """Try the quarantined batches of a digest once more; return how many there were.

    A digest that workers died of while they published it has no batches yet: see
    `digests.publishing.release_publishing`.
    """
    released = db.session.execute(
        sa.update(Batch)
        .where(Batch.digest_id == digest.id, Batch.state == BatchState.QUEUED)
        .where(Batch.lost_leases >= MOST_LOST_LEASES)
        .values(lost_leases=0)
        .returning(Batch.id)
        .execution_options(synchronize_session=False)
    )
    batch_ids = list(released.scalars())
    for batch_id in batch_ids:
        enqueue(Job.SEND_BATCH, batch_id=batch_id)
    return len(batch_ids)


def skip_digest(*, digest: Digest, reason: str, now: datetime) -> None:
    """Let a digest drop before it is published: no cursor has moved, so its articles wait.

    Raises:
        WrongDigestState: it is on its way, and its readers count as served.
    """
    db.session.refresh(digest, with_for_update=True)
    if digest.state not in (DigestState.DRAFT, DigestState.SCHEDULED):
        raise WrongDigestState("It is too late to skip it. While it is on its way, cancel it.")
    cancel_digest(digest=digest, reason=reason, now=now)


def cancel_digest(*, digest: Digest, reason: str, now: datetime) -> int:
    """Send this digest to nobody else; return how many deliveries are left out.

    The digest's state is what counts, from the commit on, for every worker. The rows of a large
    digest follow some batches at a time, by the sweeper. Readers' cursors stay where they are:
    what the digest carried counts as considered.

    Raises:
        WrongDigestState: it is sent or cancelled already.
    """
    db.session.refresh(digest, with_for_update=True)
    move(digest, DigestState.CANCELLED)
    digest.reason, digest.finished_at, digest.paused_at = reason, now, None
    digest.tell_pause_at = None
    db.session.flush()
    left_out = sa.select(sa.func.count()).where(
        Delivery.digest_id == digest.id, Delivery.state.in_(WAITING)
    )
    count = db.session.scalars(left_out).one()
    leave_out_cancelled()
    enqueue(Job.SWEEP_BATCHES)
    return count
