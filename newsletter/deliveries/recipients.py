"""Who of a batch is to be mailed now: read as plain rows, asked again slice by slice."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.deliveries.models import WAITING, Delivery, SkipReason
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.suppressions.models import Suppression


class Recipient(NamedTuple):
    """One delivery that is due, and whether it is to be made after all."""

    delivery_id: int
    variant_id: int | None
    attempts: int
    subscription_id: int
    email: str
    reason_to_skip: str  # a SkipReason; empty: mail her
    allows_opens: bool = False


def due_recipients(
    *, batch_id: int, now: datetime, limit: int, after: int = 0, with_opens: bool = False
) -> Sequence[Recipient]:
    """Return the next recipients of a batch beyond delivery `after`, as they stand this moment.

    Nobody is due while the digest is paused or cancelled. Consents to opens are looked up only
    `with_opens`, where the publication counts them.
    """
    due = _next_deliveries(batch_id=batch_id, now=now, limit=limit, after=after)
    statement = (
        sa.select(
            due.c.id,
            due.c.variant_id,
            due.c.attempts,
            due.c.subscription_id,
            Subscriber.email,
            _reason_to_skip(now),
            _allows_opens() if with_opens else sa.false(),
        )
        .select_from(due)
        .join(Digest, Digest.id == due.c.digest_id)
        .join(Subscription, Subscription.id == due.c.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Digest.state == DigestState.SENDING, Digest.paused_at.is_(None))
        .order_by(due.c.id)
    )
    return [Recipient._make(row) for row in db.session.execute(statement)]


def _next_deliveries(*, batch_id: int, now: datetime, limit: int, after: int) -> sa.CTE:
    """Return the deliveries alone, before anything is looked up for them.

    Materialized, or PostgreSQL looks everything up for the whole batch, slice after slice, in
    order to sort it: freshly written rows are not in its statistics yet.
    """
    return (
        sa.select(
            Delivery.id,
            Delivery.digest_id,
            Delivery.variant_id,
            Delivery.attempts,
            Delivery.subscription_id,
        )
        .where(Delivery.batch_id == batch_id, Delivery.id > after, Delivery.state.in_(WAITING))
        .where(sa.or_(Delivery.next_attempt_at.is_(None), Delivery.next_attempt_at <= now))
        .order_by(Delivery.id)
        .limit(limit)
        .cte("due")
        .prefix_with("MATERIALIZED")
    )


def reasons_to_skip(*, delivery_ids: Iterable[int], now: datetime) -> dict[int, str]:
    """Ask again about deliveries in hand: a SkipReason, or nothing, for each that still waits."""
    statement = (
        sa.select(Delivery.id, _reason_to_skip(now))
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Delivery.id.in_(delivery_ids), Delivery.state.in_(WAITING))
    )
    return {delivery_id: reason for delivery_id, reason in db.session.execute(statement)}


def is_sending(digest_id: int) -> bool:
    """Whether the digest is on its way: neither paused nor cancelled."""
    sending = sa.select(Digest.id).where(
        Digest.id == digest_id, Digest.state == DigestState.SENDING, Digest.paused_at.is_(None)
    )
    return db.session.scalar(sending) is not None


def _allows_opens() -> sa.ColumnElement[bool]:
    return sa.exists().where(SignOfLife.subscription_id == Subscription.id)


def _reason_to_skip(now: datetime) -> sa.ColumnElement[str]:
    return sa.case(
        (Subscription.state != SubscriptionState.CONFIRMED, SkipReason.UNSUBSCRIBED.value),
        (Suppression.id.is_not(None), SkipReason.SUPPRESSED.value),
        (Subscription.paused_until > now, SkipReason.PAUSED.value),
        else_="",
    )
