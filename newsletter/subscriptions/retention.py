"""Retention: an address that was never confirmed is not kept."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.links import CONFIRM_DAYS
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)


def delete_unconfirmed(*, now: datetime) -> int:
    """Delete pending subscriptions whose link has expired, and readers left without any.

    One that was confirmed once is kept, for its consent history is evidence; it is what it was
    before somebody signed up with the address again: unsubscribed.

    Returns:
        The number of subscriptions deleted.
    """
    expired = now - timedelta(days=CONFIRM_DAYS)
    still_works = sa.exists().where(  # staff had it sent once more
        Letter.subscription_id == Subscription.id,
        Letter.kind == LetterKind.CONFIRMATION,
        Letter.requested_at >= expired,
    )
    waits = sa.and_(
        Subscription.state == SubscriptionState.PENDING,
        Subscription.signed_up_at < expired,
        ~still_works,
    )
    result = db.session.execute(
        sa.delete(Subscription)
        .where(waits, sa.or_(Subscription.round == 1, Subscription.confirmed_at.is_(None)))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        sa.update(Subscription)
        .where(waits)
        .values(state=SubscriptionState.UNSUBSCRIBED)
        .execution_options(synchronize_session=False)
    )
    without = ~sa.exists().where(Subscription.subscriber_id == Subscriber.id)
    db.session.execute(
        sa.delete(Subscriber)
        .where(without, Subscriber.created_at < expired)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount  # type: ignore[attr-defined, no-any-return]
