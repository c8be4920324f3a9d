"""Erase a reader from every room, deliveries included."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.deliveries.models import Delivery, Feedback
from newsletter.extensions import db
from newsletter.subscriptions.erase import Erased, erase_subscriber
from newsletter.subscriptions.models import Source


def erase_reader(*, email: str, now: datetime, source: Source = Source.STAFF) -> Erased | None:
    """Blank all that says who the reader was; None if nobody has this address.

    Her deliveries stay and count; what relays said of them goes, since they name the address.

    Args:
        source: the door by which she asked for it.
    """
    erased = erase_subscriber(email=email, now=now, source=source)
    if erased is not None:
        db.session.execute(
            sa.update(Delivery)
            .where(Delivery.subscription_id.in_(erased.subscription_ids))
            .values(reply="")
        )
        hers = sa.select(Delivery.id).where(Delivery.subscription_id.in_(erased.subscription_ids))
        db.session.execute(
            sa.update(Feedback)
            .where(Feedback.delivery_id.in_(hers))
            .values(text="", domain="")
            .execution_options(synchronize_session=False)
        )
    return erased
