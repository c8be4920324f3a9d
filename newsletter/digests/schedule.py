"""When digests are due: pure dates, right across daylight-saving changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.publications.models import Cadence, Publication

#: Cadences that go out by the clock; an instant digest follows its articles.
CLOCK_CADENCES = (Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY)

#: How far back a first digest of a cadence reaches on the web, in days.
PERIOD_DAYS = {Cadence.INSTANT: 1, Cadence.DAILY: 1, Cadence.WEEKLY: 7, Cadence.MONTHLY: 31}


def next_slot(publication: Publication, cadence: Cadence, *, after: datetime) -> datetime:
    """Return the first moment after `after` at which the cadence is due, in UTC."""
    first = _local_day(publication, after) - timedelta(days=1)
    return next(
        slot
        for day in _days(first, step=1)
        if _is_due(publication, cadence, day) and (slot := slot_of(publication, day)) > after
    )


def latest_slot(publication: Publication, cadence: Cadence, *, upto: datetime) -> datetime:
    """Return the last moment up to and including `upto` at which the cadence was due, in UTC."""
    last = _local_day(publication, upto) + timedelta(days=1)
    return next(
        slot
        for day in _days(last, step=-1)
        if _is_due(publication, cadence, day) and (slot := slot_of(publication, day)) <= upto
    )


def slot_of(publication: Publication, day: date) -> datetime:
    """Return the publication's hour on one calendar day of its zone, in UTC.

    Each day has exactly one: an hour that the clock skips falls as much later as the clock was
    put forward, an hour that comes twice counts the first time (PEP 495, fold=0).
    """
    local = datetime.combine(day, publication.send_at, ZoneInfo(publication.time_zone))
    return local.astimezone(UTC)


def same_day(publication: Publication, one: datetime, other: datetime) -> bool:
    """Whether two moments fall on the same calendar day of the publication's zone."""
    return _local_day(publication, one) == _local_day(publication, other)


def _local_day(publication: Publication, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(publication.time_zone)).date()


def _days(start: date, *, step: int) -> Iterator[date]:
    while True:
        yield start
        start += timedelta(days=step)


def _is_due(publication: Publication, cadence: Cadence, day: date) -> bool:
    if cadence is Cadence.WEEKLY:
        return day.weekday() == publication.weekly_day
    if cadence is Cadence.MONTHLY:
        return day.day == publication.monthly_day
    if cadence is Cadence.DAILY:
        return True
    raise ValueError("an instant digest has no hour")
