"""Read the dates of an imported file, as different services write them."""

import re
from datetime import UTC, datetime, timedelta

from newsletter.subscriptions.import_lines import UnusableCell
from newsletter.subscriptions.pause import LONGEST_PAUSE_DAYS

_FORMS = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S")
_FIRST_YEAR = 1990
#: What lacks nothing but its end, by its length, once it is known to be a moment.
_NEARLY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?", re.ASCII)
_REST = {10: " 00:00:00.000000", 16: ":00.000000", 19: ".000000"}


def read_moment(text: str, *, latest: datetime) -> str:
    """Return a moment as "2021-03-31 00:00:00.000000", in UTC, as both databases read it.

    Text, since very many are read: `datetime` objects would be written out once more for the
    evidence and once more for the database. A moment without a time zone is in UTC.

    Args:
        latest: in UTC too, and without a zone as all moments here.

    Raises:
        UnusableCell: this is no date, or it lies after `latest`.
    """
    moment = _moment(text)
    if moment is None:
        raise UnusableCell(f"the date {text!r} cannot be read: expected such as 2021-03-31")
    if moment > latest:
        raise UnusableCell(f"the date {text!r} lies in the future")
    rest = _REST.get(len(text))
    if rest and _NEARLY.fullmatch(text):
        return text + rest  # in half the time
    return moment.isoformat(" ", "microseconds")


def read_pause(text: str, *, now: datetime) -> str | None:
    """Return until when a reader is paused, as `read_moment` does; None: the pause is over.

    Raises:
        UnusableCell: this is no date, or it lies more than a year ahead.
    """
    moment = _moment(text)
    if moment is None:
        raise UnusableCell(f"the date {text!r} cannot be read: expected such as 2021-03-31")
    if moment > now + timedelta(days=LONGEST_PAUSE_DAYS + 1):
        raise UnusableCell(f"the pause until {text!r} is longer than a year")
    return moment.isoformat(" ", "microseconds") if moment > now else None


def _moment(text: str) -> datetime | None:
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _of_other_form(text)
    if moment is None or moment.year < _FIRST_YEAR:
        return None
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # in the year 9999, west of Greenwich
        return None


def _of_other_form(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - no zone is meant: see above
        except ValueError:
            continue
    return None
