"""Fan-out: one delivery for every reader who is due, her cursor moved in the same breath."""

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from newsletter.deliveries.fan_out_finish import FanOutDiffers, finish_fan_out
from newsletter.deliveries.fan_out_slices import deliver_slices
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.digests.models import Digest
from newsletter.digests.own_hours import due_for
from newsletter.digests.publishing import got_on, is_being_published
from newsletter.digests.variants import (
    GROUPS_FOUND,
    Group,
    missing_groups,
    render_groups,
    store_groups,
)
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

#: A pass over all readers serves nobody only if those who are due changed their wishes within it.
MOST_PASSES_IN_VAIN = 10

#: Groups of readers rendered for one transaction: each takes tens of milliseconds.
GROUPS_AT_ONCE = 25


def fan_out(*, digest_id: int, now: datetime) -> int:
    """Give every due reader her delivery, then let the batches go; return the candidates.

    Commits slice by slice and may die or run twice at any point: what is done is found done,
    because a reader's cursor moves in the transaction that writes her delivery.

    Raises:
        FanOutDiffers.
    """
    passes_in_vain = 0
    while _anybody_due(digest_id, now=now):
        _prepare_variants(digest_id, now=now)
        passes_in_vain = 0 if _deliver_all(digest_id, now=now) else passes_in_vain + 1
        if passes_in_vain == MOST_PASSES_IN_VAIN:
            raise FanOutDiffers(f"Digest {digest_id}: readers are due whom no slice reaches.")
    return finish_fan_out(digest_id, count=partial(_count_candidates, now=now), now=now)


def _anybody_due(digest_id: int, *, now: datetime) -> bool:
    digest = db.session.get_one(Digest, digest_id)
    return is_being_published(digest) and due_for(digest, now=now).is_anybody()


def _prepare_variants(digest_id: int, *, now: datetime) -> None:
    """Render what is missing of the variants, some in a transaction.

    Raises:
        FanOutDiffers: the same groups are missing again.
    """
    before: list[Group] = []
    while groups := missing_groups(digest=db.session.get_one(Digest, digest_id), now=now):
        if groups == before:
            raise FanOutDiffers(f"Digest {digest_id}: {len(groups)} groups cannot be prepared.")
        before = groups
        for first in range(0, len(groups), GROUPS_AT_ONCE):
            some = groups[first : first + GROUPS_AT_ONCE]
            digest = db.session.get_one(Digest, digest_id)
            if not is_being_published(digest):
                return  # cancelled meanwhile
            rendered = render_groups(digest=digest, groups=some)
            with unit_of_work() as session:
                digest = session.get_one(Digest, digest_id)
                store_groups(digest=digest, rendered=rendered)
                got_on(digest)
        if len(groups) < GROUPS_FOUND:
            return  # all there were; who chose other topics meanwhile is found in the next pass


def _deliver_all(digest_id: int, *, now: datetime) -> bool:
    """Write deliveries slice by slice, in the order of subscriptions; say whether any was due."""
    last: int | None = 0
    batches_before = _count_batches(digest_id)
    while last is not None:
        with unit_of_work():
            last = deliver_slices(digest_id, after=last, now=now)
    return _count_batches(digest_id) > batches_before


def _count_batches(digest_id: int) -> int:
    count = sa.select(sa.func.count()).where(Batch.digest_id == digest_id)
    return db.session.scalars(count).one()


def _count_candidates(digest: Digest, *, now: datetime) -> int:
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
    behind = due_for(digest, now=now).count()
    if behind or total != left_out + queued:
        raise FanOutDiffers(
            f"Digest {digest.id}: {total} deliveries, but {queued} queued, {left_out} skipped and "
            f"{behind} readers still due."
        )
    return total
