"""Fan-out of a correction: one delivery for everybody who was mailed other words; no cursor moves.

What sending needs – batches, leases, journal, pause, cancel – is that of any digest.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from newsletter.database_clock import database_now
from newsletter.deliveries.correction_readers import readers_to_correct
from newsletter.deliveries.fan_out_finish import FanOutDiffers, finish_fan_out
from newsletter.deliveries.fan_out_slices import ends_of_slices
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.digests.models import Digest, Variant
from newsletter.digests.publishing import got_on, is_being_published
from newsletter.digests.variants import render_in, store_variants
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()


def fan_out_correction(*, digest_id: int, now: datetime) -> int:
    """Give every reader of the correction her delivery, then let the batches go; return how many.

    Commits slice by slice and may die or run twice at any point: who has her delivery is passed
    over.

    Raises:
        FanOutDiffers.
    """
    if is_being_published(db.session.get_one(Digest, digest_id)):
        _prepare_variants(digest_id)
        _deliver_all(digest_id)
    return finish_fan_out(digest_id, count=_count_candidates, now=now)


def _readers(
    digest: Digest, *columns: Any, between: tuple[int, int] | None = None
) -> sa.Select[Any]:
    (carried,) = digest.articles
    return readers_to_correct(
        *columns, article=carried.article, revision_id=carried.revision_id, between=between
    )


def _prepare_variants(digest_id: int) -> None:
    """Render what is missing, one variant for each language."""
    digest = db.session.get_one(Digest, digest_id)
    there = sa.select(Variant.language).where(Variant.digest_id == digest_id)
    wanted = _readers(digest, Subscription.language)
    missing = wanted.where(Subscription.language.not_in(there)).distinct()
    rendered = render_in(digest=digest, languages=list(db.session.scalars(missing)))
    if not rendered:
        return
    with unit_of_work() as session:
        digest = session.get_one(Digest, digest_id)
        store_variants(digest=digest, rendered=rendered)
        got_on(digest)


def _deliver_all(digest_id: int) -> None:
    """Write deliveries slice by slice, in the order of subscriptions."""
    last: int | None = 0
    while last is not None:
        with unit_of_work():
            last = _deliver_slice(digest_id, after=last)


def _deliver_slice(digest_id: int, *, after: int) -> int | None:
    """Serve the next readers; return the last subscription looked at, None at the end."""
    digest = db.session.get_one(Digest, digest_id, with_for_update=True, populate_existing=True)
    ends = ends_of_slices(digest, after=after, slices=1)
    if not ends or not is_being_published(digest):
        return None
    (last,) = ends
    batch = Batch(digest_id=digest.id, size=0, next_attempt_at=database_now())
    db.session.add(batch)
    db.session.flush()
    _insert_deliveries(digest, batch, between=(after, last))
    written = sa.select(sa.func.count()).where(Delivery.batch_id == batch.id)
    batch.size = int(db.session.scalars(written).one())
    if batch.size == 0:
        db.session.delete(batch)
        return last
    got_on(digest)
    log.info("correction_slice_fanned_out", digest_id=digest.id, deliveries=batch.size)
    return last


def _insert_deliveries(digest: Digest, batch: Batch, *, between: tuple[int, int]) -> None:
    """Write a delivery for each reader of the slice who has none, with the variant for her."""
    after, last = between
    columns = {
        Delivery.digest_id: sa.literal(digest.id),
        Delivery.subscription_id: Subscription.id,
        Delivery.variant_id: Variant.id,
        Delivery.batch_id: sa.literal(batch.id),
        Delivery.state: sa.literal(DeliveryState.QUEUED.value),
    }
    served = sa.exists().where(
        Delivery.digest_id == digest.id, Delivery.subscription_id == Subscription.id
    )
    theirs = sa.and_(Variant.digest_id == digest.id, Variant.language == Subscription.language)
    some = (
        _readers(digest, *columns.values(), between=between)
        .join(Variant, theirs)
        .where(~served, Subscription.id > after, Subscription.id <= last)
        .order_by(Subscription.id)
    )
    db.session.execute(sa.insert(Delivery).from_select([one.key for one in columns], some))


def _count_candidates(digest: Digest) -> int:
    """Return how many deliveries there are: as many as the batches say.

    Raises:
        FanOutDiffers.
    """
    rows = sa.select(sa.func.count()).where(Delivery.digest_id == digest.id)
    in_batches = sa.select(sa.func.coalesce(sa.func.sum(Batch.size), 0)).where(
        Batch.digest_id == digest.id
    )
    total, queued = (int(db.session.scalars(statement).one()) for statement in (rows, in_batches))
    if total != queued:
        raise FanOutDiffers(f"Correction {digest.id}: {total} deliveries, but {queued} in batches.")
    return total
