"""Read the dates that feeds write, also in other languages and forms."""

import functools
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from babel import Locale, UnknownLocaleError

EARLIEST_YEAR = 1971  # 1970 and year 1 are what programs write for "no date"

_ZONES = {
    **{"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1},
    **{"CEST": 2, "MESZ": 2, "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "HKT": 8, "SGT": 8},
    **{"AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3},
    **{"ART": -3, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7},
    **{"PST": -8},
}
_DAY_FIRST = re.compile(
    r"(?:[^\d,]{1,20},?\s+)?(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4}|\d{2})"
    r"(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?\s*(.*)"
)
_NUMBERS = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?\s*(.*)"
)
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2}):?(\d{2})\b")
_LANGUAGES = (
    *("en", "pt", "es", "fr", "de", "it", "nl", "ru", "uk", "pl", "cs", "sv", "da", "nb", "fi"),
    *("tr", "ro", "hu", "ca", "el", "bg", "sr", "hr", "id", "vi", "ar", "he", "fa"),
)


def read_date(text: str, *, language: str = "") -> datetime | None:
    """Return the moment in UTC, or None where the text is no date or a program's empty one."""
    text = " ".join(text.split())[:100]
    if not text:
        return None
    try:
        moment = _read(text, language[:2].lower())
        moment = moment.astimezone(UTC) if moment else None
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment and moment.year >= EARLIEST_YEAR else None


def _read(text: str, language: str) -> datetime | None:
    numbers = _NUMBERS.fullmatch(text)
    if numbers:
        year, month, day, *rest = numbers.groups()
        return _moment(int(year), int(month), int(day), rest)
    words = _DAY_FIRST.fullmatch(text)
    if words:
        day, name, year, *rest = words.groups()
        number = _month(name.casefold(), language)
        if number:
            return _moment(_whole_year(int(year)), number, int(day), rest)
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(year: int, month: int, day: int, rest: list[str | None]) -> datetime:
    hour, minute, second = (int(each or 0) for each in rest[:3])
    zone = _zone(rest[3] or "")
    midnight = datetime(year, month, day, tzinfo=zone)
    return midnight + timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _whole_year(year: int) -> int:
    return year if year > 99 else year + (2000 if year < 70 else 1900)


def _zone(text: str) -> timezone:
    offset = _OFFSET.search(text)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    name = text.split("(")[0].strip().upper()
    return timezone(timedelta(hours=_ZONES.get(name, 0)))


def _month(name: str, language: str) -> int | None:
    own = _month_names(language) if language else {}
    return own.get(name) or _all_month_names().get(name)


@functools.cache
def _all_month_names() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for name, number in _month_names(language).items():
            names.setdefault(name, number)
    return names


@functools.lru_cache(maxsize=100)
def _month_names(language: str) -> dict[str, int]:
    """Return full and short names of the months, as they stand alone and beside a day."""
    try:
        months = Locale.parse(language).months
    except (UnknownLocaleError, ValueError):
        return {}
    names: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in months[context][width].items():
                names.setdefault(str(name).casefold().rstrip("."), int(number))
                names.setdefault(str(name).casefold()[:3], int(number))
    return names
