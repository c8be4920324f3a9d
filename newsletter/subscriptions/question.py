"""The question whether a silent reader still wants the mails: who is asked, and her yes."""

from datetime import datetime
from enum import StrEnum

from newsletter.extensions import db
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import ConsentStep, Subscription, SubscriptionState
from newsletter.subscriptions.pause import is_paused
from newsletter.subscriptions.signs import sign_of

#: So long she has to answer where the mails end otherwise.
ANSWER_DAYS = 30


class KeepResult(StrEnum):
    """What came of a yes."""

    KEPT = "kept"
    OUTDATED = "outdated"  # she left after she was asked; it must not bring her back


def standing_to_keep(*, subscription: Subscription, round: int) -> KeepResult | None:
    """Say what a yes finds before it is given; None: it would be the answer."""
    if subscription.state is not SubscriptionState.CONFIRMED or subscription.round != round:
        return KeepResult.OUTDATED
    sign = sign_of(subscription)
    return None if sign is not None and sign.asked_at is not None else KeepResult.KEPT


def keep(
    *, subscription: Subscription, round: int, request: RequestEvidence, now: datetime
) -> KeepResult:
    """Take the reader's yes; it is a sign of life, and kept as a step of her consent.

    Args:
        round: the one in the link.
    """
    db.session.refresh(subscription, with_for_update=True)
    found = standing_to_keep(subscription=subscription, round=round)
    if found is not None:
        return found
    step = ConsentStep.STILL_WANTED
    consent.record(subscription=subscription, step=step, request=request, now=now)
    db.session.flush()
    return KeepResult.KEPT


def reason_not_to_ask(subscription: Subscription, *, now: datetime) -> str:
    """Return why the letter is not sent after all, empty if it is."""
    sign = sign_of(subscription)
    if sign is None or sign.asked_at is None:
        return "the reader gave a sign of life, or ended her consent to it"
    if is_paused(subscription, now=now):
        return "the reader paused"
    publication = subscription.publication
    if not (publication.counts_opens and publication.ask_after_months):
        return "the publication asks nobody any more"
    return ""


def told_to_end(subscription: Subscription) -> int:
    """Return the days she has to answer before the mails end; 0: they go on."""
    sign = sign_of(subscription)
    return ANSWER_DAYS if sign is not None and sign.ends_unanswered else 0
