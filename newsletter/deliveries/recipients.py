"""Who of a batch is to be mailed now: read as plain rows, asked again slice by slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.deliveries.models import WAITING, Delivery, SkipReason
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.suppressions.models import Suppression


@dataclass(frozen=True, slots=True)
class Recipient:
    """One delivery that is due, and all that stands or falls with it."""

    delivery_id: int
    variant_id: int | None
    attempts: int
    subscription_id: int
    email: str
    state: SubscriptionState
    paused_until: datetime | None
    suppressed: bool

    def reason_to_skip(self, *, now: datetime) -> SkipReason | None:
        """Say why this reader is not mailed after all; None: mail her."""
        if self.state is not SubscriptionState.CONFIRMED:
            return SkipReason.UNSUBSCRIBED
        if self.suppressed:
            return SkipReason.SUPPRESSED
        if self.paused_until is not None and self.paused_until > now:
            return SkipReason.PAUSED
        return None


def due_recipients(*, batch_id: int, now: datetime, limit: int) -> Sequence[Recipient]:
    """Return the next recipients of a batch, as they stand this moment.

    Nobody is due while the digest is paused or cancelled.
    """
    statement = (
        sa.select(
            Delivery.id,
            Delivery.variant_id,
            Delivery.attempts,
            Subscription.id,
            Subscriber.email,
            Subscription.state,
            Subscription.paused_until,
            Suppression.id.is_not(None),
        )
        .join(Digest, Digest.id == Delivery.digest_id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Delivery.batch_id == batch_id, Delivery.state.in_(WAITING))
        .where(sa.or_(Delivery.next_attempt_at.is_(None), Delivery.next_attempt_at <= now))
        .where(Digest.state == DigestState.SENDING, Digest.paused_at.is_(None))
        .order_by(Delivery.id)
        .limit(limit)
    )
    return [Recipient(*row) for row in db.session.execute(statement)]
