"""Progress: what became of a digest so far, from the rows alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.models import (
    ACCEPTED,
    WAITING,
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
)
from newsletter.digests.models import Digest
from newsletter.extensions import db

#: The rate is that of the last so much time.
RATE_WINDOW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of deliveries; `queued + sent + deferred + failed + skipped = candidates`."""

    candidates: int
    queued: int
    sent: int  # accepted by the next mail server, whatever came back later
    deferred: int
    failed: int
    skipped: dict[str, int]  # by reason
    bounced: int  # of the sent
    complained: int  # of the sent
    in_doubt: int  # perhaps sent twice: the relay's answer to an earlier copy was lost
    quarantined: int  # deliveries left in batches that nobody takes until staff release them
    waiting_for: tuple[str, ...]  # why batches wait, in words
    rate_per_second: float | None
    seconds_left: float | None

    @property
    def done(self) -> bool:
        """Whether every delivery is final."""
        return self.queued == 0 and self.deferred == 0

    @property
    def skipped_total(self) -> int:
        """Readers who were due and left out."""
        return sum(self.skipped.values())

    @property
    def final_share(self) -> float:
        """Share of deliveries that are final, 0 to 1."""
        final = self.sent + self.failed + self.skipped_total
        return final / self.candidates if self.candidates else 1.0


def progress(digest: Digest, *, now: datetime) -> Progress:
    """Count the deliveries of a digest."""
    counts, skipped = _counts(digest.id)
    sent = sum(counts.get(state, 0) for state in ACCEPTED)
    rate = _rate(digest, now=now)
    waiting = counts.get(DeliveryState.QUEUED, 0)
    return Progress(
        candidates=sum(counts.values()),
        queued=waiting,
        sent=sent,
        deferred=counts.get(DeliveryState.DEFERRED, 0),
        failed=counts.get(DeliveryState.FAILED, 0),
        skipped=skipped,
        bounced=counts.get(DeliveryState.BOUNCED, 0),
        complained=counts.get(DeliveryState.COMPLAINED, 0),
        in_doubt=_in_doubt(digest.id),
        quarantined=_quarantined(digest.id),
        waiting_for=_notes(digest.id),
        rate_per_second=rate,
        seconds_left=waiting / rate if rate and waiting else None,
    )


def _counts(digest_id: int) -> tuple[dict[DeliveryState, int], dict[str, int]]:
    """Count by state, from the index alone, and by reason only what was skipped."""
    count = sa.func.count()
    states = sa.select(Delivery.state, count).where(Delivery.digest_id == digest_id)
    reasons = sa.select(Delivery.reason, count).where(
        Delivery.digest_id == digest_id, Delivery.state == DeliveryState.SKIPPED
    )
    by_state = db.session.execute(states.group_by(Delivery.state))
    counts: dict[DeliveryState, int] = {state: number for state, number in by_state}
    if not counts.get(DeliveryState.SKIPPED):
        return counts, {}
    by_reason = db.session.execute(reasons.group_by(Delivery.reason))
    return counts, {reason: number for reason, number in by_reason}


def _rate(digest: Digest, *, now: datetime) -> float | None:
    """Return mails a second of late: a stall or a pause shows at once; None if none left."""
    if digest.fanned_out_at is None or digest.finished_at is not None:
        return None
    since = max(digest.fanned_out_at, now - RATE_WINDOW)
    seconds = (now - since).total_seconds()
    statement = sa.select(sa.func.count()).where(
        Delivery.digest_id == digest.id,
        Delivery.state == DeliveryState.SENT,
        Delivery.sent_at >= since,
    )
    sent = int(db.session.scalars(statement).one())
    return sent / seconds if sent and seconds >= 1 else None


def _in_doubt(digest_id: int) -> int:
    statement = sa.select(sa.func.count()).where(
        Delivery.digest_id == digest_id, Delivery.doubts > 0
    )
    return int(db.session.scalars(statement).one())


def _quarantined(digest_id: int) -> int:
    statement = (
        sa.select(sa.func.count(Delivery.id))
        .join(Batch, Batch.id == Delivery.batch_id)
        .where(Batch.digest_id == digest_id, Batch.state == BatchState.QUEUED)
        .where(Batch.lost_leases >= MOST_LOST_LEASES, Delivery.state.in_(WAITING))
    )
    return int(db.session.scalars(statement).one())


def _notes(digest_id: int) -> tuple[str, ...]:
    batches = sa.select(Batch.note).where(Batch.digest_id == digest_id, Batch.note != "")
    replies = sa.select(Delivery.reply).where(
        Delivery.digest_id == digest_id,
        Delivery.state == DeliveryState.DEFERRED,
        Delivery.reply != "",
    )
    found = [*db.session.scalars(batches.distinct()), *db.session.scalars(replies.limit(1))]
    return tuple(dict.fromkeys(found))
