"""What the pages behind the links in mails show, one page for each state."""

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.digests.schedule import next_slot
from newsletter.publications.models import Cadence
from newsletter.subscriptions import links
from newsletter.subscriptions.confirm import ConfirmResult
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.web.words import local_moment

#: Template and status of each thing a confirmation link can find.
CONFIRMATION_PAGES = {
    None: ("confirm", 200),
    ConfirmResult.CONFIRMED: ("confirmed", 200),
    ConfirmResult.ALREADY_CONFIRMED: ("already_confirmed", 200),
    ConfirmResult.OUTDATED: ("outdated", 410),
}


def confirmation_page(
    subscription: Subscription, found: ConfirmResult | None
) -> ResponseReturnValue:
    """Return the page for what a confirmation link found; None: it would confirm."""
    name, status = CONFIRMATION_PAGES[found]
    return _page(name, subscription, first_digest=first_digest_words(subscription)), status


def unsubscribe_page(subscription: Subscription) -> ResponseReturnValue:
    """Return the page with the button, or the one that says it was pressed already."""
    if subscription.state is SubscriptionState.UNSUBSCRIBED:
        return _page("already_unsubscribed", subscription)
    return _page("unsubscribe", subscription)


def left_page(subscription: Subscription) -> ResponseReturnValue:
    """Return the page after unsubscribing; pressing again changes nothing and shows the same."""
    return _page("unsubscribed", subscription)


def preferences_page(subscription: Subscription, *, saved: bool = False) -> ResponseReturnValue:
    """Return the reader's choices; without a confirmed subscription there are none."""
    if subscription.state is not SubscriptionState.CONFIRMED:
        return _page("not_subscribed", subscription)
    return _page(
        "preferences",
        subscription,
        saved=saved,
        cadences=list(Cadence),
        chosen_topics=_chosen_topics(subscription),
        next_digest=first_digest_words(subscription),
    )


def first_digest_words(subscription: Subscription) -> str:
    """Say when the next digest is due, empty for a reader of single articles."""
    if subscription.cadence is Cadence.INSTANT:
        return ""
    slot = next_slot(subscription.publication, subscription.cadence, after=utc_now())
    return local_moment(slot, subscription.publication)


def _chosen_topics(subscription: Subscription) -> set[str]:
    offered = subscription.publication.offered_topics
    return {topic.slug for topic in offered if topic.id in subscription.topics}


def _page(name: str, subscription: Subscription, **values: object) -> str:
    return render_template(
        f"web/subscriptions/{name}.html",
        publication=subscription.publication,
        subscription=subscription,
        preferences_url=links.preferences_url(subscription_id=subscription.id),
        unsubscribe_url=links.unsubscribe_url(subscription_id=subscription.id),
        **values,
    )
