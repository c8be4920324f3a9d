"""Whether a link to a reader's choices was shown to herself a moment ago, or may be anybody's."""

from datetime import datetime, timedelta

from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.personal_link import WithdrawnLink, check_personal_link
from newsletter.subscriptions.short_links import MY_DATA_MINUTES, PersonalLink


def is_fresh(*, subscription: Subscription, link: PreferencesLink, now: datetime) -> bool:
    """Whether she followed a link from her mailbox within the hour; a change needs no letter then.

    Whoever holds the link later has a footer link: no more, and no less.
    """
    if link.made_at is None or now - link.made_at > timedelta(minutes=MY_DATA_MINUTES):
        return False
    try:
        check_personal_link(
            subscription=subscription, link=PersonalLink(subscription.id, link.made_at)
        )
    except WithdrawnLink:
        return False
    return True
