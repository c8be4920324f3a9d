"""Hours: when a reader's digests come, at the publication's hours or at her own."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.publications.schedule import (
    CLOCK_CADENCES,
    Hours,
    Regime,
    hours_of,
    next_slot,
    turning_point,
)
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import ConsentStep, ReaderHours, Subscription

_INSTANT = timedelta(microseconds=1)


def choose_hours(
    *, subscription: Subscription, hours: Hours | None, request: RequestEvidence, now: datetime
) -> bool:
    """Let digests come at hours of the reader's own, or again at the publication's (None).

    The hours count from the coming midnight of their zone, so that the digest of today keeps its
    hour: on no day do two come, and none is passed over. Until then the former ones count.

    Returns:
        Whether anything changed.
    """
    db.session.refresh(subscription, with_for_update=True)
    wanted = _stored(hours) if hours else None
    if wanted == subscription.hours_id:
        return False
    old = _regime(subscription, now=now)
    if subscription.hours_from is None or now >= subscription.hours_from:
        subscription.former_hours_id = subscription.hours_id
        subscription.former_from = subscription.hours_from
    subscription.hours_id = wanted
    db.session.flush()
    db.session.refresh(subscription, ["own_hours", "former_hours"])
    _set_turning_point(subscription, old, now=now)
    consent.record(
        subscription=subscription,
        step=ConsentStep.PREFERENCES_CHANGED,
        request=request,
        now=now,
        detail=f"{hours.send_at:%H:%M} {hours.time_zone}" if hours else "the publication's hours",
    )
    db.session.flush()
    return True


def move_turning_point(subscription: Subscription, *, now: datetime) -> None:
    """Say anew from when on hours count that do not count yet, for a cadence that changed."""
    _set_turning_point(subscription, _regime(subscription, now=now), now=now)


def _set_turning_point(subscription: Subscription, old: Regime, *, now: datetime) -> None:
    subscription.hours_from = turning_point(
        subscription.publication, subscription.cadence, old=old, new=subscription.hours, now=now
    )


def _regime(subscription: Subscription, *, now: datetime) -> Regime:
    """Return the hours that count now, and what is known of those before."""
    own = subscription.former_hours
    former = own.hours if own else hours_of(subscription.publication)
    turn = subscription.hours_from
    if turn is None:
        return Regime(subscription.hours)
    if now < turn:
        return Regime(former, subscription.former_from)
    return Regime(subscription.hours, turn, former)


def forget_choices_of_time(subscription: Subscription) -> None:
    """Set hours and pause back to what a new reader has."""
    subscription.hours_id = subscription.former_hours_id = None
    subscription.hours_from = subscription.former_from = subscription.paused_until = None


def next_digest_at(*, subscription: Subscription, now: datetime) -> datetime | None:
    """Return when the reader's next digest is due, after her pause; None: with the next article."""
    if subscription.cadence not in CLOCK_CADENCES:
        return None
    paused = subscription.paused_until
    after = max(now, paused - _INSTANT) if paused else now
    turn = subscription.hours_from
    if turn and after < turn:
        former = _next(subscription, after, subscription.hours_at(after))
        if former < turn:
            return former
        after = turn - _INSTANT
    return _next(subscription, after, subscription.hours)


def _next(subscription: Subscription, after: datetime, hours: Hours) -> datetime:
    return next_slot(subscription.publication, subscription.cadence, after=after, hours=hours)


def _stored(hours: Hours) -> int:
    """Return the id of these hours, stored once however many readers choose them."""
    values = {"send_at": hours.send_at, "time_zone": hours.time_zone}
    insert_missing(db.session(), ReaderHours, values, unique=["send_at", "time_zone"])
    found = sa.select(ReaderHours.id).filter_by(**values)
    return int(db.session.scalars(found).one())
