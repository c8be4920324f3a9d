"""Growth: how many subscriptions stand in each state, today and day by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import SubscriberCount, Subscription, SubscriptionState

#: Days that are filled in from the subscriptions themselves where no count was kept.
KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class StateCounts:
    """Subscriptions of one publication by state."""

    pending: int = 0
    confirmed: int = 0
    unsubscribed: int = 0


@dataclass(frozen=True, slots=True)
class DayCount:
    """The same at the end of one UTC day; of today, so far."""

    day: date
    pending: int
    confirmed: int
    unsubscribed: int


def counts(publication_id: int) -> StateCounts:
    """Count the subscriptions by state, exactly, from the index alone."""
    rows = db.session.execute(
        sa.select(Subscription.state, sa.func.count())
        .where(Subscription.publication_id == publication_id)
        .group_by(Subscription.state)
    )
    return StateCounts(**{state.value: number for state, number in rows})


def growth(publication_id: int, days: int = KEPT_DAYS, *, now: datetime) -> list[DayCount]:
    """Return one count a day, oldest first, ending with today.

    Days before the publication existed are left out. Where the nightly count is missing, the
    day is worked out from the subscriptions' own moments; a reader who left and came back then
    counts by her last round only.
    """
    today = _today(publication_id, now=now)
    wanted = _wanted_days(publication_id, days, upto=today.day)
    kept = _kept(publication_id, wanted)
    if any(day not in kept for day in wanted):
        kept = _worked_out(publication_id, wanted) | kept
    return [kept[day] for day in wanted] + [today]


def record_counts(*, now: datetime) -> int:
    """Keep yesterday's counts, and those of earlier days that are missing; return how many."""
    stored = 0
    for publication_id in db.session.scalars(sa.select(Publication.id)).all():
        wanted = _wanted_days(publication_id, KEPT_DAYS, upto=now.astimezone(UTC).date())
        kept = _kept(publication_id, wanted)
        missing = [day for day in wanted if day not in kept]
        known = _worked_out(publication_id, missing) if missing else {}
        for day in missing:
            _keep(publication_id, known[day])
        stored += len(missing)
    return stored


def _today(publication_id: int, *, now: datetime) -> DayCount:
    live = counts(publication_id)
    return DayCount(now.astimezone(UTC).date(), live.pending, live.confirmed, live.unsubscribed)


def _wanted_days(publication_id: int, days: int, *, upto: date) -> list[date]:
    """Return the days before `upto`, oldest first, none before there was anything to count."""
    publication = db.session.get_one(Publication, publication_id)
    first_signup = db.session.scalar(
        sa.select(Subscription.created_at)
        .where(Subscription.publication_id == publication_id)
        .order_by(Subscription.id)
        .limit(1)
    )
    begin = min(publication.created_at, first_signup or publication.created_at)
    first = max(begin.date(), upto - timedelta(days=days - 1))
    return [first + timedelta(days=number) for number in range((upto - first).days)]


def _kept(publication_id: int, wanted: list[date]) -> dict[date, DayCount]:
    if not wanted:
        return {}
    rows = db.session.scalars(
        sa.select(SubscriberCount).where(
            SubscriberCount.publication_id == publication_id,
            SubscriberCount.day >= _midnight(wanted[0]),
        )
    )
    return {
        row.day.date(): DayCount(row.day.date(), row.pending, row.confirmed, row.unsubscribed)
        for row in rows
    }


def _keep(publication_id: int, count: DayCount) -> None:
    values = {
        "publication_id": publication_id,
        "day": _midnight(count.day),
        "pending": count.pending,
        "confirmed": count.confirmed,
        "unsubscribed": count.unsubscribed,
    }
    insert_missing(db.session(), SubscriberCount, values, unique=["publication_id", "day"])


def _worked_out(publication_id: int, wanted: list[date]) -> dict[date, DayCount]:
    """Return the counts at the end of each wanted day, from the subscriptions' moments."""
    steps = iter(_steps(publication_id, upto=wanted[-1]))
    step = next(steps, None)
    total = [0, 0, 0]
    found = {}
    for day in wanted:
        while step is not None and step[0] <= day:
            total = [sum(pair) for pair in zip(total, step[1:], strict=True)]
            step = next(steps, None)
        found[day] = DayCount(day, *total)
    return found


def _steps(publication_id: int, *, upto: date) -> Iterator[tuple[date, int, int, int]]:
    """Yield how much each state grew or shrank on each UTC day, oldest first."""
    moves = sa.union_all(*_moves(publication_id)).subquery()
    rows = db.session.execute(
        sa.select(
            moves.c.day,
            sa.func.sum(moves.c.pending),
            sa.func.sum(moves.c.confirmed),
            sa.func.sum(moves.c.unsubscribed),
        )
        .group_by(moves.c.day)
        .order_by(moves.c.day)
    )
    for day, *change in rows:
        on = date.fromisoformat(day) if isinstance(day, str) else day
        if on <= upto:
            yield on, int(change[0]), int(change[1]), int(change[2])


def _moves(publication_id: int) -> list[sa.Select[Any]]:
    """Select every change of state as its day and what it adds to each state."""
    row = Subscription
    was_confirmed = row.confirmed_at.is_not(None)
    appeared = sa.case((row.confirmed_at < row.created_at, row.confirmed_at), else_=row.created_at)
    came_back = row.state == SubscriptionState.PENDING
    left = row.unsubscribed_at.is_not(None)
    return [
        _move(publication_id, appeared, 1, 0, 0),
        _move(publication_id, row.confirmed_at, -1, 1, 0).where(was_confirmed),
        _move(publication_id, row.unsubscribed_at, 0, -1, 1).where(left, was_confirmed),
        _move(publication_id, row.unsubscribed_at, -1, 0, 1).where(left, ~was_confirmed),
        _move(publication_id, row.signed_up_at, 1, 0, -1).where(left, came_back),
    ]


def _move(
    publication_id: int, moment: Any, pending: int, confirmed: int, unsubscribed: int
) -> sa.Select[Any]:
    return sa.select(
        _utc_day(moment).label("day"),
        sa.literal(pending).label("pending"),
        sa.literal(confirmed).label("confirmed"),
        sa.literal(unsubscribed).label("unsubscribed"),
    ).where(Subscription.publication_id == publication_id)


def _utc_day(moment: Any) -> sa.Function[Any]:
    if db.engine.dialect.name == "postgresql":
        return sa.func.date(sa.func.timezone("UTC", moment))
    return sa.func.date(moment)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
