"""Own data: everything we keep of one reader, what was mailed to her included."""

from typing import Any

import sqlalchemy as sa

from newsletter.deliveries.models import Delivery
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.own_data import own_data, written


def data_of(subscriber: Subscriber) -> dict[str, Any]:
    """Return it as plain values, ready for JSON."""
    return own_data(subscriber) | {"digests": _digests(subscriber)}


def _digests(subscriber: Subscriber) -> list[dict[str, Any]]:
    rows = db.session.execute(
        sa.select(Delivery, Digest.subject, Publication.name)
        .join(Digest, Digest.id == Delivery.digest_id)
        .join(Publication, Publication.id == Digest.publication_id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(Subscription.subscriber_id == subscriber.id)
        .order_by(Delivery.id)
    )
    return [
        {
            "publication": publication,
            "subject": subject,
            "state": delivery.state.value,
            "reason": delivery.reason,
            "sent_at": written(delivery.sent_at),
            "words_of_the_mail_server": delivery.reply,
        }
        for delivery, subject, publication in rows
    ]
