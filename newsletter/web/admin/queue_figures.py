"""What waits to be sent, and whether anybody sends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from redis.exceptions import RedisError

from newsletter import heartbeat
from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db, redis
from newsletter.subscriptions.models import Letter, LetterState

#: How long failed letters count as news.
RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkerSigns:
    """Whether the queue answers and when a worker last showed itself."""

    queue_answers: bool
    last_seen: datetime | None  # by every queue
    unserved: Sequence[str] = ()  # queues that no worker takes from

    def silent(self, now: datetime) -> bool:
        """Say whether no worker showed itself for too long."""
        longest = timedelta(seconds=heartbeat.SILENT_SECONDS)
        return self.last_seen is None or now - self.last_seen > longest


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Letters and deliveries of the whole service that are not final."""

    letters_queued: int
    letters_failed: int  # within the last day
    letters_since: datetime | None  # when the letter that waits longest was asked for
    letters_due_since: datetime | None
    deliveries_queued: int
    deliveries_deferred: int
    deliveries_since: datetime | None  # when the oldest digest that is still going began


def worker_signs() -> WorkerSigns:
    """Ask the queue for the workers' sign of life."""
    try:
        last, unserved = heartbeat.last(redis), heartbeat.unserved(redis, now=utc_now())
        return WorkerSigns(queue_answers=True, last_seen=last, unserved=unserved)
    except RedisError:
        return WorkerSigns(queue_answers=False, last_seen=None)


def queue_figures(*, now: datetime) -> QueueFigures:
    """Count what waits; each count reads one short range of an index."""
    letters = sa.select(
        sa.func.count(), sa.func.min(Letter.requested_at), sa.func.min(Letter.next_attempt_at)
    ).where(Letter.state == LetterState.QUEUED)
    queued, asked, due = db.session.execute(letters).one()
    going = sa.select(Digest.id).where(Digest.state == DigestState.SENDING)
    waiting = dict(
        db.session.execute(
            sa.select(Delivery.state, sa.func.count())
            .where(Delivery.digest_id.in_(going))
            .where(Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.DEFERRED]))
            .group_by(Delivery.state)
        ).all()
    )
    return QueueFigures(
        letters_queued=queued,
        letters_failed=_failed_letters(now),
        letters_since=asked,
        letters_due_since=due,
        deliveries_queued=waiting.get(DeliveryState.QUEUED, 0),
        deliveries_deferred=waiting.get(DeliveryState.DEFERRED, 0),
        deliveries_since=_oldest_sending() if waiting else None,
    )


def _failed_letters(now: datetime) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(Letter)
        .where(Letter.state == LetterState.FAILED, Letter.next_attempt_at > now - RECENT)
    )
    return int(db.session.scalars(statement).one())


def _oldest_sending() -> datetime | None:
    return db.session.scalar(
        sa.select(sa.func.min(Digest.published_at)).where(Digest.state == DigestState.SENDING)
    )
