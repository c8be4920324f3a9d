"""The words reader pages use for cadences, hours, dates and counts."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from newsletter.digests.models import Digest
from newsletter.mail.templates import locale_of
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours, hours_of
from newsletter.subscriptions.consent import consent_text
from newsletter.subscriptions.models import Subscription
from newsletter.web.addresses import host

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: What kind of digest it was.
CADENCE_ADJECTIVES = {
    Cadence.DAILY: "Daily",
    Cadence.WEEKLY: "Weekly",
    Cadence.MONTHLY: "Monthly",
    Cadence.INSTANT: "Single articles",
}


def cadence_words(publication: Publication, cadence: Cadence, hours: Hours | None = None) -> str:
    """Say when a cadence arrives: "every Monday at 08:00".

    Args:
        hours: a reader's own; the publication's if None.
    """
    at = f"at {(hours or hours_of(publication)).send_at:%H:%M}"
    return {
        Cadence.INSTANT: "as soon as an article appears",
        Cadence.DAILY: f"every day {at}",
        Cadence.WEEKLY: f"every {WEEKDAYS[publication.weekly_day]} {at}",
        Cadence.MONTHLY: f"on the {ordinal(publication.monthly_day)} of each month {at}",
    }[cadence]


def ordinal(number: int) -> str:
    """Write 1st, 2nd, 3rd, 4th …"""
    teens = 10 <= number % 100 <= 20
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def zone_words(clock: Publication | Hours) -> str:
    """Name the zone of the publication's or a reader's hours: "Berlin time", "UTC"."""
    city = clock.time_zone.rpartition("/")[2].replace("_", " ")
    return f"{city} time" if "/" in clock.time_zone else city


def hours_words(subscription: Subscription) -> str:
    """Say at what hour a reader's digests come, for staff."""
    hours = subscription.hours
    whose = "her own" if subscription.own_hours else "the publication's"
    return f"{hours.send_at:%H:%M}, {zone_words(hours)} ({whose})"


def digest_title(digest: Digest) -> str:
    """Return what a digest goes by on the web."""
    return digest.title or digest.subject or digest.publication.name


def direction(text: str) -> str:
    """Say from where a text is read, "ltr" or "rtl": its first letter decides (UAX 9, P2)."""
    kinds = (unicodedata.bidirectional(sign) for sign in text)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def local_day(moment: datetime, clock: Publication | Hours) -> str:
    """Write a date on the calendar of the publication or a reader: "March 2, 2026".

    In the publication's language; pages about a reader's own hours are in English as yet.
    """
    day = moment.astimezone(ZoneInfo(clock.time_zone)).date()
    language = clock.language if isinstance(clock, Publication) else "en"
    return format_date(day, format="long", locale=locale_of(language))


def local_moment(moment: datetime, clock: Publication | Hours) -> str:
    """Write a moment on one of these clocks: "Monday, 2 March, 08:00 (Berlin time)"."""
    local = moment.astimezone(ZoneInfo(clock.time_zone))
    day = f"{WEEKDAYS[local.weekday()]}, {local.day} {local:%B}"
    return f"{day}, {local:%H:%M} ({zone_words(clock)})"


def comment_words(count: int | None) -> str:
    """Count comments: "No comments", "1 comment", "12 comments"; nothing if the feed is silent."""
    if count is None:
        return ""
    return {0: "No comments", 1: "1 comment"}.get(count, f"{count} comments")


def masked_address(address: str) -> str:
    """Hint at an address to its owner, and tell it to nobody else: "a…@e….org"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"


def capitalize_first(text: str) -> str:
    """Raise the first letter and leave the others, unlike `str.capitalize`."""
    return text[:1].upper() + text[1:]


#: Template filters by name.
FILTERS: dict[str, Callable[..., str]] = {
    "capitalize_first": capitalize_first,
    "consent": consent_text,
    "digest_title": digest_title,
    "direction": direction,
    "host": host,
    "zone_words": zone_words,
    "cadence_words": cadence_words,
    "comment_words": comment_words,
    "local_day": local_day,
    "local_moment": local_moment,
    "masked_address": masked_address,
}
