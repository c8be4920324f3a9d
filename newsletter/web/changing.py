"""A change of a reader's choices by her link: made in one transaction, and told if it need be."""

from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.clock import utc_now
from newsletter.subscriptions.fresh_link import is_fresh
from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.tell_choices import held_choices, tell_of_change
from newsletter.unit_of_work import unit_of_work
from newsletter.web.linked import linked_subscription


@contextmanager
def changing(link: PreferencesLink) -> Iterator[Subscription]:
    """Yield the subscription to be changed; by a footer link a letter to its owner follows."""
    now = utc_now()
    with unit_of_work():
        subscription = linked_subscription(link.subscription_id)
        before = held_choices(subscription, now=now)
        yield subscription
        if not is_fresh(subscription=subscription, link=link, now=now):
            tell_of_change(subscription=subscription, before=before, now=now)
