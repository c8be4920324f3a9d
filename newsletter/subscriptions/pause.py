"""Pause: no digest until a day; what appears meanwhile comes afterwards, each article once.

A digest whose copy waits for her when she pauses is skipped, and what it carried with it.
"""

from datetime import date, datetime, timedelta

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import ConsentStep, Subscription

LONGEST_PAUSE_DAYS = 366


class UnusablePause(PermanentError):
    """The text says what is wrong with the day."""


def first_and_last_day(*, subscription: Subscription, now: datetime) -> tuple[date, date]:
    """Return the days between which a pause can end, on the reader's calendar."""
    today = subscription.hours.day_of(now)
    return today + timedelta(days=1), today + timedelta(days=LONGEST_PAUSE_DAYS)


def pause(
    *, subscription: Subscription, until: date, request: RequestEvidence, now: datetime
) -> None:
    """Send the reader nothing before a day of her calendar begins; copies under way neither.

    The cursor stays, so her first digest afterwards carries what she missed.

    Raises:
        UnusablePause: the day is not to come, or too far away.
    """
    db.session.refresh(subscription, with_for_update=True)
    first, last = first_and_last_day(subscription=subscription, now=now)
    if until < first:
        raise UnusablePause(_("Choose a day that is still to come."))
    if until > last:
        raise UnusablePause(
            _("Choose a day within a year. To end the mails for good, unsubscribe.")
        )
    start = subscription.hours.start_of(until)
    set_pause(subscription=subscription, until=start, request=request, now=now)


def resume(*, subscription: Subscription, request: RequestEvidence, now: datetime) -> bool:
    """End a pause; return whether there was one."""
    db.session.refresh(subscription, with_for_update=True)
    if subscription.paused_until is None or subscription.paused_until <= now:
        return False
    set_pause(subscription=subscription, until=None, request=request, now=now)
    return True


def set_pause(
    *, subscription: Subscription, until: datetime | None, request: RequestEvidence, now: datetime
) -> None:
    """Let a pause hold until a moment, or none; the caller holds the subscription's row."""
    subscription.paused_until = until
    day = subscription.hours.day_of(until).isoformat() if until else ""
    consent.record(
        subscription=subscription,
        step=ConsentStep.PREFERENCES_CHANGED,
        request=request,
        now=now,
        detail=f"paused until {day}" if day else "resumed",
    )
    db.session.flush()


def is_paused(subscription: Subscription, *, now: datetime) -> bool:
    """Whether a pause holds at the moment."""
    return subscription.paused_until is not None and subscription.paused_until > now
