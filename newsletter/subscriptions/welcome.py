"""Owe a reader who confirmed her welcome: one letter at most, however often she comes back."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.pause import is_paused


def owe_welcome(subscription: Subscription, *, now: datetime) -> None:
    """Queue the welcome; one that never went out, because she left first, is due again.

    The caller holds the subscription's row. Publications can do without.
    """
    if not subscription.publication.welcome:
        return
    hers = sa.select(Letter).where(
        Letter.subscription_id == subscription.id, Letter.kind == LetterKind.WELCOME
    )
    letter = db.session.scalar(hers)
    if letter is None:
        letter = Letter(kind=LetterKind.WELCOME, subscription_id=subscription.id)
        db.session.add(letter)
    elif letter.state not in (LetterState.SKIPPED, LetterState.FAILED):
        return
    letter.state, letter.reason, letter.attempts = LetterState.QUEUED, "", 0
    letter.requested_at = letter.next_attempt_at = now
    letter.lease_until = None
    db.session.flush()
    enqueue(Job.SEND_LETTER, letter_id=letter.id)


def reason_to_withhold(subscription: Subscription, *, now: datetime) -> str:
    """Return why the welcome is not sent now, empty if it is."""
    if subscription.state is not SubscriptionState.CONFIRMED:
        return f"the subscription is {subscription.state.value}"
    if is_paused(subscription, now=now):
        return "the reader paused"
    if not subscription.publication.welcome:
        return "the publication welcomes nobody any more"
    return ""
