"""Leave out: what a cancelled digest has not sent is skipped, some batches at a time."""

from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.deliveries.models import (
    WAITING,
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
    SkipReason,
)
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db

#: Batches handled in one transaction: to skip a million deliveries in one would take half a
#: minute, and whoever cancels must not wait that long for it to count.
BATCHES_AT_ONCE = 4


def leave_out_cancelled() -> int:
    """Skip what waits in some batches of cancelled digests; return how many batches.

    A batch in a worker's hand is left to its worker, who gives it back within seconds.
    """
    unfinished = (
        sa.select(Batch.id)
        .join(Digest, Digest.id == Batch.digest_id)
        .where(Batch.state == BatchState.QUEUED, Digest.state == DigestState.CANCELLED)
        .order_by(Batch.id)
        .limit(BATCHES_AT_ONCE)
        .with_for_update(of=Batch, skip_locked=True)
    )
    batch_ids = list(db.session.scalars(unfinished))
    skip_waiting(batch_ids)
    db.session.execute(
        sa.update(Batch)
        .where(Batch.id.in_(batch_ids))
        .values(state=BatchState.DONE, note="")
        .execution_options(synchronize_session=False)
    )
    return len(batch_ids)


def skip_waiting(batch_ids: Sequence[int]) -> None:
    """Note of all that waits in the batches that it was cancelled."""
    db.session.execute(
        sa.update(Delivery)
        .where(Delivery.batch_id.in_(batch_ids), Delivery.state.in_(WAITING))
        .values(
            state=DeliveryState.SKIPPED, reason=SkipReason.CANCELLED.value, next_attempt_at=None
        )
        .execution_options(synchronize_session=False)
    )
