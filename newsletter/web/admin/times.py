"""Moments as people read them: how long ago, and exactly, with the time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from newsletter.publications.models import Publication

#: The longest span that each unit is used for, its seconds, and its word.
_DAY = 86400
_UNITS = (
    (90, 1, "s"),
    (90 * 60, 60, "min"),
    (36 * 3600, 3600, "h"),
    (60 * _DAY, _DAY, "days"),
    (700 * _DAY, 30 * _DAY, "months"),
)


def zone_of(publication: Publication | None) -> ZoneInfo:
    """Return the zone in which the pages of a publication tell the time."""
    return ZoneInfo(publication.time_zone if publication else "UTC")


def exact(moment: datetime, *, zone: ZoneInfo) -> str:
    """Return "Mon 2 Mar 2026, 09:00 Europe/Berlin"."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {zone.key}"


def span(length: timedelta) -> str:
    """Return a length of time in one unit, "5 min" or "3 days"."""
    seconds = abs(length.total_seconds())
    for longest, unit, word in _UNITS:
        if seconds < longest:
            count = round(seconds / unit)
            return f"{count} {'day' if word == 'days' and count == 1 else word}"
    return f"{round(seconds / (365.25 * _DAY))} years"


def relative(moment: datetime, *, now: datetime) -> str:
    """Return "5 min ago", "in 3 h" or "now"."""
    length = moment - now
    if abs(length.total_seconds()) < 5:
        return "now"
    return f"in {span(length)}" if length > timedelta(0) else f"{span(length)} ago"


def ago(moment: datetime | None, *, now: datetime, zone: ZoneInfo) -> Markup:
    """Return a `<time>` that says how long ago, and exactly when pointed at or focused."""
    if moment is None:
        return Markup('<span class="text-secondary">–</span>')
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), exact(moment, zone=zone), relative(moment, now=now)
    )
