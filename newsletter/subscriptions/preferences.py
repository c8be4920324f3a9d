"""Preferences: what a confirmed reader wants from now on."""

from collections.abc import Iterable
from datetime import datetime

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import move_turning_point
from newsletter.subscriptions.models import ConsentStep, Subscription
from newsletter.subscriptions.signup import topic_ids


def change_preferences(
    *,
    subscription: Subscription,
    cadence: Cadence,
    topics: Iterable[str],
    request: RequestEvidence,
    now: datetime,
) -> bool:
    """Change cadence and topics. The cursor stays: nothing is sent twice, nothing is skipped.

    Returns:
        Whether anything changed.

    Raises:
        UnknownChoice: a topic that is not offered.
    """
    db.session.refresh(subscription, with_for_update=True)
    chosen = topic_ids(subscription.publication, topics)
    if (cadence, chosen) == (subscription.cadence, subscription.topics):
        return False
    subscription.cadence = cadence
    subscription.topics = chosen
    if subscription.hours_from and now < subscription.hours_from:
        move_turning_point(subscription, now=now)
    names = [topic.name for topic in subscription.publication.topics if topic.id in chosen]
    consent.record(
        subscription=subscription,
        step=ConsentStep.PREFERENCES_CHANGED,
        request=request,
        now=now,
        detail=f"{cadence.value}; {', '.join(names) or 'every topic'}",
    )
    db.session.flush()
    return True
