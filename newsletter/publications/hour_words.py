"""Cadences, hours, days and zones in words, in the language spoken."""

from datetime import datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_date, format_skeleton

from newsletter.languages import SOURCE, locale_of, pgettext, spoken, worded
from newsletter.languages import gettext as _
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours, hours_of


def cadence_words(publication: Publication, cadence: Cadence, hours: Hours | None = None) -> str:
    """Say when a cadence arrives: "every Monday at 08:00".

    Args:
        hours: a reader's own; the publication's if None.
    """
    at = at_words((hours or hours_of(publication)).send_at)
    if cadence is Cadence.INSTANT:
        return _("as soon as an article appears")
    if cadence is Cadence.DAILY:
        return _("every day %(at)s", at=at)
    if cadence is Cadence.WEEKLY:
        return _weekly(publication.weekly_day, at)
    return _("on the %(day)s of each month %(at)s", day=ordinal(publication.monthly_day), at=at)


def at_words(hour: time) -> str:
    """Say "at 08:00"; some languages change the little word before an eleven."""
    if hour.hour == 11:
        return pgettext("eleven o'clock", "at %(hour)s", hour=f"{hour:%H:%M}")
    return pgettext("o'clock", "at %(hour)s", hour=f"{hour:%H:%M}")


def ordinal(number: int) -> str:
    """Write 1st, 2nd, 3rd, 4th …; in other languages the number itself."""
    if locale_of(worded()).language != SOURCE:
        return str(number)
    teens = 10 <= number % 100 <= 20
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def zone_words(clock: Publication | Hours) -> str:
    """Name the zone of the publication's or a reader's hours: "Berlin time", "UTC"."""
    if "/" not in clock.time_zone:
        return pgettext("time zone", "%(zone)s", zone=clock.time_zone)
    return _("%(city)s time", city=city_of(clock.time_zone))


def city_of(time_zone: str) -> str:
    """Return the city a zone is called after, as the language spoken calls it."""
    known = locale_of(worded()).time_zones
    names = (known[name].get("city") for name in _names_of(time_zone) if name in known)
    return next(filter(None, names), time_zone.rpartition("/")[2].replace("_", " "))


def local_day(moment: datetime, clock: Publication | Hours) -> str:
    """Write a date on the calendar of the publication or a reader: "March 2, 2026"."""
    day = moment.astimezone(ZoneInfo(clock.time_zone)).date()
    return str(format_date(day, format="long", locale=locale_of(spoken())))


def local_moment(moment: datetime, clock: Publication | Hours) -> str:
    """Write a moment on one of these clocks: "Monday, March 2, 08:00 (Berlin time)"."""
    local, locale = moment.astimezone(ZoneInfo(clock.time_zone)), locale_of(worded())
    weekday = format_date(local.date(), "EEEE", locale=locale)
    day = format_skeleton("MMMMd", local.replace(tzinfo=None), locale=locale)
    return f"{weekday}, {day}, {local:%H:%M} ({zone_words(clock)})"


@cache
def _names_of(time_zone: str) -> list[str]:
    """Return the name of a zone and its former ones, which Babel's tables still go by."""
    former = get_global("zone_aliases").items()
    return [time_zone, *(old for old, new in former if new == time_zone)]


def _weekly(weekday: int, at: str) -> str:
    """Say each day in a sentence of its own: in many languages "every" changes with it."""
    return (
        _("every Monday %(at)s", at=at),
        _("every Tuesday %(at)s", at=at),
        _("every Wednesday %(at)s", at=at),
        _("every Thursday %(at)s", at=at),
        _("every Friday %(at)s", at=at),
        _("every Saturday %(at)s", at=at),
        _("every Sunday %(at)s", at=at),
    )[weekday]
