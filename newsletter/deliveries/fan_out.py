"""Fan-out: one delivery for every reader who is due, her cursor moved in the same breath."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.database_clock import database_now
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState, SkipReason
from newsletter.digests.audience import count_due, due_subscriptions
from newsletter.digests.models import Audience, Digest, DigestState
from newsletter.digests.variants import missing_groups, render_groups, store_groups
from newsletter.errors import TemporaryError
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Deliveries of one batch, and readers handled in one transaction.
BATCH_SIZE = 5_000


class FanOutDiffers(TemporaryError):
    """The rows do not add up; no mail leaves until they do."""


def fan_out(*, digest_id: int, now: datetime) -> int:
    """Give every due reader her delivery, then let the batches go; return the candidates.

    Commits slice by slice and may die or run twice at any point: what is done is found done,
    because a reader's cursor moves in the transaction that writes her delivery.

    Raises:
        FanOutDiffers.
    """
    while _slice(digest_id, now=now):
        pass
    return _finish(digest_id, now=now)


def _slice(digest_id: int, *, now: datetime) -> bool:
    """Do one piece of work; False when nothing is left."""
    digest = db.session.get_one(Digest, digest_id)
    if digest.state is not DigestState.SENDING or digest.fanned_out_at is not None:
        return False
    groups = missing_groups(digest=digest, now=now)
    if groups:
        rendered = render_groups(digest=digest, groups=groups, now=now)
        with unit_of_work() as session:
            store_groups(digest=session.get_one(Digest, digest_id), rendered=rendered)
        return True
    with unit_of_work():
        return _deliver_slice(digest_id, now=now)


def _deliver_slice(digest_id: int, *, now: datetime) -> bool:
    digest = db.session.get_one(Digest, digest_id)
    # Fan-outs of one publication take turns: a reader who changed her cadence a moment ago
    # must not be seen by two of them at the same cursor.
    db.session.get_one(Publication, digest.publication_id, with_for_update=True)
    db.session.refresh(digest, with_for_update=True)
    if digest.state is not DigestState.SENDING or digest.fanned_out_at is not None:
        return False
    batch = Batch(digest_id=digest.id, size=0, next_attempt_at=database_now())
    db.session.add(batch)
    db.session.flush()
    _insert_deliveries(digest, batch, now=now)
    written = _count_in(batch)
    if written == 0:
        db.session.delete(batch)
        return bool(missing_groups(digest=digest, now=now))
    _move_cursors(digest, batch)
    batch.size = _count_in(batch, Delivery.state == DeliveryState.QUEUED)
    if batch.size == 0:
        batch.state = BatchState.DONE
    log.info("slice_fanned_out", digest_id=digest.id, batch_id=batch.id, deliveries=written)
    return True


def _insert_deliveries(digest: Digest, batch: Batch, *, now: datetime) -> None:
    nothing = Audience.variant_id.is_(None)
    columns = {
        Delivery.digest_id: sa.literal(digest.id),
        Delivery.subscription_id: Subscription.id,
        Delivery.variant_id: Audience.variant_id,
        Delivery.batch_id: sa.literal(batch.id),
        Delivery.state: sa.case(
            (nothing, DeliveryState.SKIPPED.value), else_=DeliveryState.QUEUED.value
        ),
        Delivery.reason: sa.case((nothing, SkipReason.NOTHING_NEW.value), else_=""),
    }
    due = (
        due_subscriptions(
            *columns.values(),
            publication_id=digest.publication_id,
            cadence=digest.cadence,
            upto=digest.position_upto,
            now=now,
        )
        .join(
            Audience,
            sa.and_(
                Audience.digest_id == digest.id,
                Audience.cursor == Subscription.cursor,
                Audience.topics == Subscription.topics,
                Audience.language == Subscription.language,
            ),
        )
        .order_by(Subscription.id)
        .limit(BATCH_SIZE)
        .with_for_update(of=Subscription)
    )
    names = [column.key for column in columns]
    db.session.execute(sa.insert(Delivery).from_select(names, due))


def _move_cursors(digest: Digest, batch: Batch) -> None:
    reached = sa.select(Delivery.subscription_id).where(Delivery.batch_id == batch.id)
    db.session.execute(
        sa.update(Subscription)
        .where(Subscription.id.in_(reached))
        .values(cursor=digest.position_upto)
        .execution_options(synchronize_session=False)
    )


def _count_in(batch: Batch, *conditions: sa.ColumnElement[bool]) -> int:
    # Counted, not taken from the driver: PostgreSQL's answers -1 for INSERT … SELECT.
    statement = sa.select(sa.func.count()).where(Delivery.batch_id == batch.id, *conditions)
    return int(db.session.scalars(statement).one())


def _finish(digest_id: int, *, now: datetime) -> int:
    with unit_of_work() as session:
        digest = session.get_one(Digest, digest_id, with_for_update=True)
        if digest.state is not DigestState.SENDING or digest.fanned_out_at is not None:
            return digest.candidates
        digest.candidates = _checked_candidates(digest, now=now)
        digest.fanned_out_at = now
        waiting = sa.select(Batch.id).where(
            Batch.digest_id == digest.id, Batch.state != BatchState.DONE
        )
        batch_ids = list(session.scalars(waiting.order_by(Batch.id)))
        for batch_id in batch_ids:
            enqueue(Job.SEND_BATCH, batch_id=batch_id)
        if not batch_ids:
            digest.state, digest.finished_at = DigestState.SENT, now
        log.info("digest_fanned_out", digest_id=digest.id, candidates=digest.candidates)
        return digest.candidates


def _checked_candidates(digest: Digest, *, now: datetime) -> int:
    """Return how many readers were due: queued and skipped together, with nobody left out.

    Raises:
        FanOutDiffers.
    """
    rows = sa.select(sa.func.count()).where(Delivery.digest_id == digest.id)
    skipped = rows.where(Delivery.state == DeliveryState.SKIPPED)
    in_batches = sa.select(sa.func.coalesce(sa.func.sum(Batch.size), 0)).where(
        Batch.digest_id == digest.id
    )
    total, left_out, queued = (
        int(db.session.scalars(statement).one()) for statement in (rows, skipped, in_batches)
    )
    behind = count_due(
        publication_id=digest.publication_id,
        cadence=digest.cadence,
        upto=digest.position_upto,
        now=now,
    )
    if behind or total != left_out + queued:
        raise FanOutDiffers(
            f"Digest {digest.id}: {total} deliveries, but {queued} queued, {left_out} skipped and "
            f"{behind} readers still due."
        )
    return total
