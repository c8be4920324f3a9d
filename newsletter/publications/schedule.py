"""When digests are due: pure dates, right across daylight-saving changes."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.publications.models import Cadence, Publication

#: Cadences that go out by the clock; an instant digest follows its articles.
CLOCK_CADENCES = (Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY)

#: How far back a first digest of a cadence reaches on the web, in days.
PERIOD_DAYS = {Cadence.INSTANT: 1, Cadence.DAILY: 1, Cadence.WEEKLY: 7, Cadence.MONTHLY: 31}

#: A digest of one zone and that of another are at most so many midnights apart.
_MOST_MIDNIGHTS = 7


@dataclass(frozen=True, slots=True)
class Hours:
    """An hour of the day on the clock of a time zone."""

    send_at: time
    time_zone: str  # an IANA name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)

    def on(self, day: date) -> datetime:
        """Return the hour on one calendar day of its zone, in UTC.

        Each day has exactly one: an hour that the clock skips falls as much later as the clock
        was put forward, an hour that comes twice counts the first time (PEP 495, fold=0).
        """
        return datetime.combine(day, self.send_at, self.zone).astimezone(UTC)

    def day_of(self, moment: datetime) -> date:
        """Return the calendar day of its zone that a moment falls on."""
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """Return the moment at which a calendar day of its zone begins, in UTC."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)


def hours_of(publication: Publication) -> Hours:
    """Return the publication's own hours, which count for readers who chose none."""
    return Hours(publication.send_at, publication.time_zone)


def next_slot(
    publication: Publication, cadence: Cadence, *, after: datetime, hours: Hours | None = None
) -> datetime:
    """Return the first moment after `after` at which the cadence is due, in UTC.

    Args:
        hours: a reader's; the publication's if None. The days are always the publication's.
    """
    hours = hours or hours_of(publication)
    return hours.on(_next_day(publication, cadence, hours, after))


def latest_slot(
    publication: Publication, cadence: Cadence, *, upto: datetime, hours: Hours | None = None
) -> datetime:
    """Return the last moment up to and including `upto` at which the cadence was due, in UTC."""
    hours = hours or hours_of(publication)
    return hours.on(_latest_day(publication, cadence, hours, upto))


def months_before(day: date, months: int) -> date:
    """Return the same day so many calendar months earlier, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def same_day(publication: Publication, one: datetime, other: datetime) -> bool:
    """Whether two moments fall on the same calendar day of the publication's zone."""
    hours = hours_of(publication)
    return hours.day_of(one) == hours.day_of(other)


@dataclass(frozen=True, slots=True)
class Regime:
    """Hours that have counted from a moment on; None: always. And those before them, if known."""

    hours: Hours
    since: datetime | None = None
    before: Hours | None = None


def turning_point(
    publication: Publication, cadence: Cadence, *, old: Regime, new: Hours, now: datetime
) -> datetime:
    """Return the midnight from which new hours can count, so that no digest doubles or drops.

    It is the next one of the new zone, nearly always. Between zones far apart the weekly day may
    by then have come in one and gone in the other, and who changes on two days running may not
    have had the digest of the day before; then it is the first midnight at which the day that was
    served last and the day that the new hours serve next follow each other.
    """
    days = (new.day_of(now) + timedelta(days=ahead) for ahead in range(1, _MOST_MIDNIGHTS + 1))
    return next(
        midnight
        for day in days
        if (midnight := new.start_of(day)) > now
        and _follow(publication, cadence, old=old, new=new, at=midnight)
    )


def _follow(
    publication: Publication, cadence: Cadence, *, old: Regime, new: Hours, at: datetime
) -> bool:
    just_before = at - timedelta(microseconds=1)
    if cadence is Cadence.INSTANT:
        return True
    if cadence is Cadence.DAILY:
        last = _last_of(publication, old, just_before)
        return last is not None and new.day_of(last) == new.day_of(just_before)
    served = _latest_day(publication, cadence, old.hours, just_before)
    coming = _next_day(publication, cadence, new, just_before)
    days = _days(served + timedelta(days=1), step=1)
    return next(day for day in days if _is_due(publication, cadence, day)) == coming


def _last_of(publication: Publication, old: Regime, upto: datetime) -> datetime | None:
    """Return the last daily slot there really was; None if that is not known."""
    last = latest_slot(publication, Cadence.DAILY, upto=upto, hours=old.hours)
    if old.since is None or last >= old.since:
        return last
    if old.before is None:
        return None
    just_before = old.since - timedelta(microseconds=1)
    return latest_slot(publication, Cadence.DAILY, upto=just_before, hours=old.before)


def _next_day(publication: Publication, cadence: Cadence, hours: Hours, after: datetime) -> date:
    days = _days(hours.day_of(after) - timedelta(days=1), step=1)
    return next(day for day in days if _is_due(publication, cadence, day) and hours.on(day) > after)


def _latest_day(publication: Publication, cadence: Cadence, hours: Hours, upto: datetime) -> date:
    days = _days(hours.day_of(upto) + timedelta(days=1), step=-1)
    return next(day for day in days if _is_due(publication, cadence, day) and hours.on(day) <= upto)


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
