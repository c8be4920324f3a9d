"""Leases: one worker at a time has a batch in hand, and a late one may write nothing."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from newsletter.database_clock import database_now
from newsletter.deliveries.leave_out import skip_waiting
from newsletter.deliveries.models import WAITING, Batch, BatchState, Delivery
from newsletter.digests.models import Digest, DigestState
from newsletter.errors import TemporaryError
from newsletter.extensions import db

#: A worker has a batch in hand for so long unless it renews. A relay may take ten minutes to
#: answer the final dot (RFC 5321 §4.5.3.2.6); the heartbeat renews while the worker waits.
LEASE = timedelta(seconds=60)


#: A batch whose worker died so often without a mail accepted in between is *quarantined*: it may
#: be what kills them. Staff release it.
MOST_LOST_LEASES = 5


class LeaseLost(TemporaryError):
    """Somebody else has the batch by now: this worker's results are not written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A batch in hand; `fence` is the number that makes its writes count."""

    batch_id: int
    digest_id: int
    fence: int
    lost_leases: int = 0  # earlier holders that died, since a mail was last accepted


def take_lease(*, batch_id: int) -> Lease | None:
    """Take a queued batch by compare-and-set; None if it is not to be had."""
    now = database_now()
    sending = sa.select(Digest.id).where(
        Digest.state == DigestState.SENDING,
        Digest.paused_at.is_(None),
        Digest.fanned_out_at.is_not(None),
    )
    row = db.session.execute(
        sa.update(Batch)
        .where(Batch.id == batch_id, Batch.state == BatchState.QUEUED)
        .where(Batch.next_attempt_at <= now, Batch.digest_id.in_(sending))
        .where(Batch.lost_leases < MOST_LOST_LEASES)
        .values(state=BatchState.LEASED, fence=Batch.fence + 1, lease_until=now + LEASE, note="")
        .returning(Batch.id, Batch.digest_id, Batch.fence, Batch.lost_leases)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Lease(*row) if row else None


def renew(lease: Lease, *, got_on: bool = False) -> None:
    """Extend the lease, in the transaction whose writes it covers.

    Args:
        got_on: mails were accepted, so that whatever ended earlier leases is not this batch.

    Raises:
        LeaseLost: it expired and the batch went to somebody else.
    """
    values: dict[str, object] = {"lease_until": database_now() + LEASE}
    _write_under(lease, values | {"lost_leases": 0} if got_on else values)


def give_back(lease: Lease, *, note: str = "", wait: timedelta = timedelta(0)) -> BatchState:
    """End the lease: the batch is done, or waits until its next delivery is due.

    Of a cancelled digest nothing waits any more.

    Args:
        note: why it waits, for staff.
        wait: do not touch the batch again before.
    """
    digest_state = sa.select(Digest.state).where(Digest.id == lease.digest_id)
    if db.session.scalars(digest_state).one() is DigestState.CANCELLED:
        skip_waiting([lease.batch_id])
    waiting = sa.select(sa.func.count(), sa.func.min(Delivery.next_attempt_at)).where(
        Delivery.batch_id == lease.batch_id, Delivery.state.in_(WAITING)
    )
    count, due_at = db.session.execute(waiting).one()
    now = database_now()
    unattempted = sa.exists().where(
        Delivery.batch_id == lease.batch_id,
        Delivery.state.in_(WAITING),
        Delivery.next_attempt_at.is_(None),
    )
    if due_at is None or db.session.scalar(sa.select(unattempted)):
        due_at = now
    state = BatchState.QUEUED if count else BatchState.DONE
    values: dict[str, object] = {
        "state": state,
        "lease_until": None,
        "next_attempt_at": max(due_at, now + wait),
        "note": note if count else "",
    }
    _write_under(lease, values)
    return state


def _write_under(lease: Lease, values: dict[str, object]) -> None:
    result = db.session.execute(
        sa.update(Batch)
        .where(Batch.id == lease.batch_id, Batch.fence == lease.fence)
        .where(Batch.state == BatchState.LEASED)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount == 0:  # type: ignore[attr-defined]
        raise LeaseLost(f"Batch {lease.batch_id} went to another worker.")
