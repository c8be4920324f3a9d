"""Preferences: what a confirmed reader wants from now on."""

from collections.abc import Iterable
from datetime import datetime

from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.publications.models import Cadence
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import move_turning_point
from newsletter.subscriptions.models import ConsentStep, Subscription
from newsletter.subscriptions.signup import UnknownChoice, topic_ids


def change_preferences(
    *,
    subscription: Subscription,
    cadence: Cadence,
    topics: Iterable[str],
    request: RequestEvidence,
    now: datetime,
    language: str = "",
) -> bool:
    """Change cadence, topics and language.

    The cursor stays: nothing is sent twice, nothing is skipped.

    Args:
        language: one that the publication offers; as it is if empty.

    Returns:
        Whether anything changed.

    Raises:
        UnknownChoice: a topic or language that is not offered.
    """
    db.session.refresh(subscription, with_for_update=True)
    return keep_preferences(
        subscription=subscription,
        cadence=cadence,
        topics=topic_ids(subscription.publication, topics),
        language=_offered_language(subscription, language),
        request=request,
        now=now,
    )


def keep_preferences(
    *,
    subscription: Subscription,
    cadence: Cadence,
    topics: frozenset[int],
    language: str,
    request: RequestEvidence,
    now: datetime,
) -> bool:
    """Keep cadence, topics by their ids, and language, offered or not any more.

    The caller holds the subscription's row. Returns whether anything changed.
    """
    before = (subscription.cadence, subscription.topics, subscription.language)
    if (cadence, topics, language) == before:
        return False
    subscription.cadence, subscription.topics, subscription.language = cadence, topics, language
    if subscription.hours_from and now < subscription.hours_from:
        move_turning_point(subscription, now=now)
    names = [topic.name for topic in subscription.publication.topics if topic.id in topics]
    consent.record(
        subscription=subscription,
        step=ConsentStep.PREFERENCES_CHANGED,
        request=request,
        now=now,
        detail=f"{cadence.value}; {', '.join(names) or 'every topic'}; {language}",
    )
    db.session.flush()
    return True


def _offered_language(subscription: Subscription, wish: str) -> str:
    publication = subscription.publication
    if wish in ("", subscription.language):
        return subscription.language
    if wish not in publication.offered_languages:
        raise UnknownChoice(_("%(name)s does not offer this language.", name=publication.name))
    return wish
