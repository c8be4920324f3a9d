"""Where mail to a reader went, though her address has changed since or was to change."""

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


def addresses_of(subscriber: Subscriber) -> set[str]:
    """Return every address that we know mail to her went to; none that is another reader's."""
    hers = sa.select(Subscription.id).where(Subscription.subscriber_id == subscriber.id)
    changes = db.session.scalars(
        sa.select(AddressChange).where(AddressChange.subscription_id.in_(hers))
    )
    named = {address for one in changes for address in (one.old_email, one.new_email)}
    keys = [address.casefold() for address in named]
    others = sa.select(Subscriber.email_key).where(
        Subscriber.email_key.in_(keys), Subscriber.id != subscriber.id
    )
    taken = set(db.session.scalars(others))
    return {subscriber.email, *(one for one in named if one.casefold() not in taken)}
