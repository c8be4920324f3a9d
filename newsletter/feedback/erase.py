"""Erase a reader from every room, what came back about her mails included."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.deliveries.erase import erase_reader
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.feedback.models import Notice
from newsletter.mail.outbox import forget_mails
from newsletter.subscriptions.erase import Erased, find_subscriber
from newsletter.subscriptions.former_address import addresses_of
from newsletter.subscriptions.models import Source


def erase_everywhere(*, email: str, now: datetime, source: Source = Source.STAFF) -> Erased | None:
    """Blank all that says who the reader was; None if nobody has this address.

    Args:
        source: the door by which she asked for it.
    """
    subscriber = find_subscriber(email=email)
    addresses = addresses_of(subscriber) if subscriber else set()
    erased = erase_reader(email=email, now=now, source=source)
    if erased is not None:
        _forget_notices(erased)
        # Files, which no transaction holds; nothing but the outbox of a trial is lost with them.
        forget_mails(settings.outbox_dir, to=addresses)
    return erased


def _forget_notices(erased: Erased) -> None:
    hers = sa.select(Delivery.id).where(Delivery.subscription_id.in_(erased.subscription_ids))
    db.session.execute(
        sa.update(Notice)
        .where(Notice.delivery_id.in_(hers))
        .values(text="")  # mail servers name the part before the @
        .execution_options(synchronize_session=False)
    )
