"""Where mail to a reader went at a moment, though her address has changed since."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    Subscriber,
    Subscription,
)


def address_at(*, subscriber: Subscriber, moment: datetime) -> str | None:
    """Return the address she had; None where a change that was undone leaves it open.

    Changes are known for as long as they can be undone, and bounces are back before that.
    """
    hers = sa.select(Subscription.id).where(Subscription.subscriber_id == subscriber.id)
    next_change = db.session.scalar(
        sa.select(AddressChange)
        .where(AddressChange.subscription_id.in_(hers), AddressChange.changed_at > moment)
        .order_by(AddressChange.changed_at, AddressChange.id)
        .limit(1)
    )
    if next_change is None:
        return subscriber.email
    # The moment of an undo takes the place of the first one's.
    return next_change.old_email if next_change.state is AddressChangeState.DONE else None
