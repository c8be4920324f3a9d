"""Set back choices that somebody with a footer link changed, by the link in the letter about it."""

from datetime import datetime
from enum import StrEnum

from newsletter.extensions import db
from newsletter.subscriptions.choices import Choices, changed_names, choices_of, former_choices
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import ReaderHours, Subscription, SubscriptionState
from newsletter.subscriptions.opens_consent import end_opens
from newsletter.subscriptions.pause import set_pause
from newsletter.subscriptions.preferences import keep_preferences
from newsletter.subscriptions.tell_choices import is_overtaken


class SetBackResult(StrEnum):
    """What came of a setting back."""

    SET_BACK = "set_back"
    ALREADY = "already"  # everything is as it was
    OUTDATED = "outdated"  # the subscription ended, or she chose anew when she signed up again


def standing_to_set_back(former: FormerChoices, *, now: datetime) -> SetBackResult | None:
    """Say what the link finds before it is used; None: it would set something back."""
    subscription = former.letter.subscription
    if subscription.state is not SubscriptionState.CONFIRMED or is_overtaken(former):
        return SetBackResult.OUTDATED
    before, current = former_choices(former, now=now), choices_of(subscription, now=now)
    return None if changed_names(before, current) else SetBackResult.ALREADY


def set_back(*, former: FormerChoices, request: RequestEvidence, now: datetime) -> SetBackResult:
    """Let everything be as it was before the first change that the letter tells of.

    The cursor stays: nothing is sent twice, nothing is skipped.
    """
    subscription = former.letter.subscription
    db.session.refresh(subscription, with_for_update=True)
    found = standing_to_set_back(former, now=now)
    if found is not None:
        return found
    before = former_choices(former, now=now)
    keep_preferences(
        subscription=subscription,
        cadence=before.cadence,
        topics=before.topics,
        language=before.language,
        request=request,
        now=now,
    )
    _set_back_hours(subscription, before, request=request, now=now)
    if choices_of(subscription, now=now).paused_until != before.paused_until:
        set_pause(subscription=subscription, until=before.paused_until, request=request, now=now)
    if not before.allows_opens:
        end_opens(subscription=subscription, request=request, now=now)
    return SetBackResult.SET_BACK


def _set_back_hours(
    subscription: Subscription, before: Choices, *, request: RequestEvidence, now: datetime
) -> None:
    own = db.session.get_one(ReaderHours, before.hours_id) if before.hours_id else None
    hours = own.hours if own else None
    choose_hours(subscription=subscription, hours=hours, request=request, now=now)
