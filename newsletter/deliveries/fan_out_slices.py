"""Slices of a fan-out: some thousand readers, their deliveries and their cursors, in one go."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from newsletter.database_clock import database_now
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState, SkipReason
from newsletter.digests.models import Audience, Digest
from newsletter.digests.own_hours import due_for, readers_of
from newsletter.digests.publishing import got_on, is_being_published
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Deliveries of one batch, and readers handled in one transaction.
BATCH_SIZE = 5_000

#: Slices written at the same time: PostgreSQL works for each connection on one processor.
SLICES_AT_ONCE = 2


def deliver_slices(digest_id: int, *, after: int, now: datetime) -> int | None:
    """Serve the next readers; return the last subscription looked at, None at the end.

    The first slice is written in the transaction at hand, further ones in their own beside it.
    All the while this one holds the digest and the publication, so that

    - nobody cancels the digest under a slice;
    - fan-outs of one publication take turns: a reader who changed her cadence a moment ago must
      not be seen by two of them at the same cursor.

    A slice whose transaction was committed before this one failed is found done the next time.
    """
    digest = db.session.get_one(Digest, digest_id)
    # Not their keys, to which the rows of the other slices refer.
    held = {"key_share": True}
    db.session.get_one(Publication, digest.publication_id, with_for_update=held)
    db.session.refresh(digest, with_for_update=held)
    ends = ends_of_slices(
        digest,
        Subscription.cadence == digest.cadence,
        readers_of(digest),
        after=after,
        slices=_slices_at_once(),
    )
    if not ends or not is_being_published(digest):
        return None
    first, *others = [
        partial(_write_slice, digest_id, after=start, last=end, now=now)
        for start, end in zip([after, *ends], ends, strict=False)
    ]
    if sum(_side_by_side(first, others)):
        got_on(digest)
    return ends[-1]


def ends_of_slices(
    digest: Digest, *whose: sa.ColumnElement[bool], after: int, slices: int
) -> list[int]:
    """Return the subscription that ends each of the next slices, from the index alone.

    With both ends known, the planner of the database cannot choose to look at every reader, or
    at all who are served already, for each slice.

    Args:
        whose: conditions of the readers among whom the digest's are.
    """
    some = (
        sa.select(
            Subscription.id,
            ((sa.func.row_number().over(order_by=Subscription.id) - 1) // BATCH_SIZE).label(
                "slice"
            ),
        )
        .where(
            Subscription.publication_id == digest.publication_id,
            Subscription.state == SubscriptionState.CONFIRMED,
            Subscription.id > after,
            *whose,
        )
        .order_by(Subscription.id)
        .limit(BATCH_SIZE * slices)
        .subquery()
    )
    ends = sa.select(sa.func.max(some.c.id)).group_by(some.c.slice).order_by(some.c.slice)
    return list(db.session.scalars(ends))


def _slices_at_once() -> int:
    """Return how many slices can be written at once: only one program at a time writes SQLite."""
    return SLICES_AT_ONCE if db.engine.dialect.name == "postgresql" else 1


def _side_by_side(here: Callable[[], int], others: Sequence[Callable[[], int]]) -> list[int]:
    """Run the first here and each other in a thread and a transaction of its own.

    Returns only when all have ended, even where one failed.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def elsewhere(work: Callable[[], int]) -> int:
        with app.app_context(), unit_of_work():
            return work()

    if not others:
        return [here()]
    with ThreadPoolExecutor(len(others), "fan-out") as threads:
        running = [threads.submit(elsewhere, work) for work in others]
        return [here(), *(one.result() for one in running)]


def _write_slice(digest_id: int, *, after: int, last: int, now: datetime) -> int:
    """Write the deliveries of one slice and move the cursors; return how many it wrote."""
    digest = db.session.get_one(Digest, digest_id)
    batch = Batch(digest_id=digest.id, size=0, next_attempt_at=database_now())
    db.session.add(batch)
    db.session.flush()
    _insert_deliveries(digest, batch, after=after, last=last, now=now)
    written, batch.size = _written_in(batch)
    if written == 0:
        db.session.delete(batch)
        return 0
    _move_cursors(digest, batch)
    if batch.size == 0:
        batch.state = BatchState.DONE
    log.info("slice_fanned_out", digest_id=digest.id, batch_id=batch.id, deliveries=written)
    return written


def _insert_deliveries(
    digest: Digest, batch: Batch, *, after: int, last: int, now: datetime
) -> None:
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
        due_for(digest, now=now)
        .select(*columns.values())
        .join(
            Audience,
            sa.and_(
                Audience.digest_id == digest.id,
                Audience.cursor == Subscription.cursor,
                Audience.topics == Subscription.topics,
                Audience.language == Subscription.language,
            ),
        )
        .where(Subscription.id > after, Subscription.id <= last)
        .order_by(Subscription.id)
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


def _written_in(batch: Batch) -> tuple[int, int]:
    """Return the deliveries of a batch, and those of them that are to be sent.

    Counted, not taken from the driver: PostgreSQL's answers -1 for INSERT … SELECT.
    """
    queued = sa.func.count().filter(Delivery.state == DeliveryState.QUEUED)
    statement = sa.select(sa.func.count(), queued).where(Delivery.batch_id == batch.id)
    written, to_send = db.session.execute(statement).one()
    return written, to_send
