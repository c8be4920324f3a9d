"""What became of a delivery, and when to try again."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.database import pairs_table
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.outgoing import Accepted, Deferred, InDoubt, Outcome, Refused

#: Minutes until the next attempt after the first, second, … deferral.
RETRY_MINUTES = (5, 15, 30, 60, 120, 240)
#: Up to a quarter is added by chance, so that what failed together does not return together.
JITTER = 0.25
#: A reader whose server puts us off for so long does not get this digest any more.
GIVE_UP = timedelta(hours=48)
#: A mail in doubt is sent again soon: the relay that went away is back within minutes.
DOUBT_WAIT = timedelta(minutes=1)


def record_skipped(*, skipped: Iterable[tuple[int, str]]) -> None:
    """Note deliveries that are left out: pairs of delivery id and SkipReason."""
    noted = pairs_table(db.session(), skipped)
    _update_all(noted, state=DeliveryState.SKIPPED, reason=noted.c.text)


def record_sent(*, replies: Iterable[tuple[int, str]], now: datetime) -> None:
    """Note deliveries that the relay accepted: pairs of delivery id and the relay's words."""
    noted = pairs_table(db.session(), replies)
    _update_all(
        noted,
        state=DeliveryState.SENT,
        sent_at=now,
        reply=noted.c.text,
        next_attempt_at=None,
    )


def record_failed(*, delivery_id: int, reply: str) -> None:
    """Note one delivery that will never be accepted, with the reason in words."""
    _update([{"id": delivery_id, "state": DeliveryState.FAILED, "reply": reply}])


def record_outcome(*, outcome: Outcome, attempts: int, now: datetime) -> None:
    """Note what the relay said of one delivery.

    Args:
        attempts: how many times it had been tried before.
    """
    delivery_id = int(outcome.mail_id)
    if isinstance(outcome, Accepted):
        record_sent(replies=[(delivery_id, outcome.reply)], now=now)
    elif isinstance(outcome, Refused):
        record_failed(delivery_id=delivery_id, reply=f"{outcome.code} {outcome.text}")
    elif isinstance(outcome, Deferred):
        reply = f"{outcome.code} {outcome.text}"
        _try_again(delivery_id, reply, attempts=attempts, wait=None, now=now)
    else:
        _doubt(delivery_id, outcome, attempts=attempts, now=now)


def retry_wait(*, attempts: int) -> timedelta:
    """Return how long to wait after the given number of earlier attempts."""
    minutes = RETRY_MINUTES[min(attempts, len(RETRY_MINUTES) - 1)]
    return timedelta(minutes=minutes * (1 + random.uniform(0, JITTER)))  # noqa: S311 - no secret


def _doubt(delivery_id: int, outcome: InDoubt, *, attempts: int, now: datetime) -> None:
    db.session.execute(
        sa.update(Delivery).where(Delivery.id == delivery_id).values(doubts=Delivery.doubts + 1)
    )
    _try_again(delivery_id, outcome.text, attempts=attempts, wait=DOUBT_WAIT, now=now)


def _try_again(
    delivery_id: int, reply: str, *, attempts: int, wait: timedelta | None, now: datetime
) -> None:
    begun = sa.select(Digest.fanned_out_at).join(Delivery, Delivery.digest_id == Digest.id)
    started = db.session.scalars(begun.where(Delivery.id == delivery_id)).one()
    if started is not None and now - started > GIVE_UP:
        record_failed(delivery_id=delivery_id, reply=f"given up after 48 hours: {reply}")
        return
    values = {
        "id": delivery_id,
        "state": DeliveryState.DEFERRED,
        "attempts": attempts + 1,
        "reply": reply,
        "next_attempt_at": now + (wait or retry_wait(attempts=attempts)),
    }
    _update([values])


def _update_all(noted: sa.Subquery, **values: Any) -> None:
    """Update the deliveries that are noted, in one statement however many they are."""
    db.session.execute(
        sa.update(Delivery)
        .where(Delivery.id == noted.c.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _update(rows: list[dict[str, object]]) -> None:
    """Update deliveries by primary key."""
    db.session.execute(sa.update(Delivery), rows)
