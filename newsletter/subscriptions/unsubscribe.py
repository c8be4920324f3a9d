"""Unsubscribe: end a subscription, at once and for good."""

from datetime import datetime

from newsletter.extensions import db
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import ConsentStep, Subscription, SubscriptionState
from newsletter.subscriptions.signs import forget


def unsubscribe(
    *, subscription: Subscription, request: RequestEvidence, now: datetime
) -> SubscriptionState | None:
    """End the subscription, and a consent to opens; copies already queued are not sent either.

    Returns:
        The state that it ended; None if it had ended before.
    """
    db.session.refresh(subscription, with_for_update=True)
    ended = subscription.state
    if ended is SubscriptionState.UNSUBSCRIBED:
        return None
    subscription.state = SubscriptionState.UNSUBSCRIBED
    if ended is SubscriptionState.CONFIRMED or subscription.unsubscribed_at is None:
        subscription.unsubscribed_at = now  # else her mails had ended, and were only asked for
    subscription.round += 1
    forget(subscription_ids=[subscription.id])
    consent.record(
        subscription=subscription, step=ConsentStep.UNSUBSCRIBED, request=request, now=now
    )
    return ended
