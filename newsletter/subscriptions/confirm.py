"""Confirm: the second step of double opt-in."""

from datetime import datetime
from enum import StrEnum

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import forget_choices_of_time
from newsletter.subscriptions.models import (
    ConsentStep,
    LegalBasis,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.shares import give_back_share
from newsletter.subscriptions.tell_choices import forget_untold
from newsletter.subscriptions.welcome import owe_welcome


class ConfirmResult(StrEnum):
    """What came of a confirmation."""

    CONFIRMED = "confirmed"
    ALREADY_CONFIRMED = "already_confirmed"
    OUTDATED = "outdated"  # she left after this link was sent; it must not bring her back


def standing(*, subscription: Subscription, round: int) -> ConfirmResult | None:
    """Say what a confirmation link finds before it is used; None: it would confirm."""
    if round != subscription.round or subscription.state is SubscriptionState.UNSUBSCRIBED:
        return ConfirmResult.OUTDATED
    if subscription.state is SubscriptionState.CONFIRMED:
        return ConfirmResult.ALREADY_CONFIRMED
    return None


def confirm(
    *,
    subscription: Subscription,
    round: int,
    request: RequestEvidence,
    now: datetime,
    language: str = "",
) -> ConfirmResult:
    """Confirm a pending subscription; it starts after the newest article there is.

    Args:
        round: the one in the link; a link of an earlier round confirms nothing.
        language: of the page, which says the words she agrees to; the reader's own if not given.
    """
    db.session.refresh(subscription, with_for_update=True)
    found = standing(subscription=subscription, round=round)
    if found is not None:
        return found
    publication = db.session.get_one(Publication, subscription.publication_id)
    subscription.state = SubscriptionState.CONFIRMED
    subscription.legal_basis = LegalBasis.DOUBLE_OPT_IN
    subscription.confirmed_at = now
    subscription.unsubscribed_at = None
    subscription.cursor = publication.last_position
    if subscription.round > 1:  # she left and comes back; hours that were imported stay
        forget_choices_of_time(subscription)
    spoken = language or subscription.language
    consent.record(
        subscription=subscription,
        step=ConsentStep.CONFIRMED,
        request=request,
        wording=consent.current_wording(publication, language=spoken, now=now),
        now=now,
    )
    forget_untold(subscription)
    give_back_share(subscription=subscription)
    owe_welcome(subscription, now=now)
    return ConfirmResult.CONFIRMED
