"""Retention: an address that was never confirmed is not kept."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.links import CONFIRM_DAYS
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState


def delete_unconfirmed(*, now: datetime) -> int:
    """Delete pending subscriptions whose link has expired, and readers left without any.

    A subscription that was confirmed once is kept: its consent history is evidence.

    Returns:
        The number of subscriptions deleted.
    """
    expired = now - timedelta(days=CONFIRM_DAYS)
    result = db.session.execute(
        sa.delete(Subscription)
        .where(Subscription.state == SubscriptionState.PENDING)
        .where(Subscription.signed_up_at < expired, Subscription.round == 1)
        .execution_options(synchronize_session=False)
    )
    without = ~sa.exists().where(Subscription.subscriber_id == Subscriber.id)
    db.session.execute(
        sa.delete(Subscriber)
        .where(without, Subscriber.created_at < expired)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount  # type: ignore[attr-defined, no-any-return]
