"""From the token in a link to the subscription it opens."""

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from newsletter.extensions import db
from newsletter.subscriptions import links
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.models import Subscription
from newsletter.web.language import speak_to

#: With its reader and its publication in one statement: mail scanners open very many links.
#: Whoever locks the subscription later does not lock those too, as she would after `joinedload`.
_SUBSCRIPTION = (
    sa.select(Subscription)
    .join(Subscription.subscriber)
    .join(Subscription.publication)
    .options(contains_eager(Subscription.subscriber), contains_eager(Subscription.publication))
    .where(Subscription.id == sa.bindparam("id"))
)


class GoneReader(links.BrokenLink):
    """A sound link to a subscription that has been erased since."""


def as_sent(token: str) -> str:
    """Take a token only in lower case, as it stands in mails: another spelling is not ours."""
    if token != token.lower():
        raise links.ForgedLink("This link is not complete, or was not made by us.")
    return token


def linked_subscription(subscription_id: int) -> Subscription:
    """Return the subscription that a sound link names; raises `GoneReader`."""
    subscription = db.session.scalar(_SUBSCRIPTION, {"id": subscription_id})
    if subscription is None or is_erased(subscription.subscriber):
        raise GoneReader("This link leads to nothing any more.")
    speak_to(subscription.publication, subscription)
    return subscription
