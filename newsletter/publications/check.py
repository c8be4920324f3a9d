"""Check what staff enter about a publication; each refusal is one sentence."""

import re
from datetime import time
from difflib import get_close_matches
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from newsletter.errors import PermanentError
from newsletter.languages import LANGUAGES
from newsletter.languages import gettext as _
from newsletter.mail.addresses import AddressError, mailable_address

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOUR = re.compile(r"(\d{1,2})(?::(\d{2}))?")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")

LONGEST_SLUG = 64
LONGEST_URL = 2000
LONGEST_ADDRESS = 320
LONGEST_LANGUAGE = 16


class UnusableDetail(PermanentError):
    """Something about a publication that cannot be stored; `field` says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def checked_slug(slug: str) -> str:
    """Return `slug`, a name for addresses and commands."""
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise UnusableDetail(
            "slug",
            f"The short name {slug!r} cannot be used: it takes a to z, 0 to 9 and single "
            f"hyphens between them, at most {LONGEST_SLUG} characters.",
        )
    return slug


def checked_line(field: str, value: str, *, called: str, longest: int, empty: bool = True) -> str:
    """Return `value` as one line of text; a line break would end a mail header."""
    line = value.strip()
    if not line and not empty:
        raise UnusableDetail(field, f"{called} is missing.")
    if len(line) > longest:
        raise UnusableDetail(field, f"{called} is longer than {longest} characters.")
    if not line.isprintable():
        raise UnusableDetail(field, f"{called} holds a line break or another control character.")
    return line


def checked_address(field: str, value: str, *, called: str) -> str:
    """Return `value` as an address that mail can carry."""
    try:
        address = mailable_address(value.strip())
    except AddressError as error:
        raise UnusableDetail(field, f"{called} {value!r} cannot be used: {error}") from None
    if len(address) > LONGEST_ADDRESS:
        raise UnusableDetail(field, f"{called} is longer than {LONGEST_ADDRESS} characters.")
    return address


def checked_site(value: str) -> str:
    """Return `value`, the web address of the publisher's site."""
    url = value.strip()
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise UnusableDetail(
            "site_url",
            f"The site {value!r} cannot be used: "
            "expected a web address such as https://www.example.org.",
        )
    return url


def checked_time_zone(value: str) -> str:
    """Return `value`, the IANA name of a time zone."""
    if value in _time_zones():
        return value
    similar = get_close_matches(value, _time_zones(), n=1)
    hint = (
        _("did you mean %(zone)s?", zone=similar[0])
        if similar
        else _("expected a name such as Europe/Berlin.")
    )
    raise UnusableDetail(
        "time_zone", _("There is no time zone %(typed)r: %(hint)s", typed=value, hint=hint)
    )


def read_hour(value: str) -> time:
    """Read "8", "08" or "02:30" as the time of day at which digests go out."""
    match = _HOUR.fullmatch(value.strip())
    try:
        if match is None:
            raise ValueError
        return time(int(match[1]), int(match[2] or 0))
    except ValueError:
        raise UnusableDetail(
            "send_at",
            _(
                "The hour %(typed)r cannot be used: expected 0 to 23, or a time such as 02:30.",
                typed=value,
            ),
        ) from None


def checked_day(field: str, value: int, *, first: int, last: int) -> int:
    """Return `value`, a day of the week or month."""
    if not first <= value <= last:
        raise UnusableDetail(field, f"The day {value} cannot be used: expected {first} to {last}.")
    return value


def checked_colour(value: str) -> str:
    """Return `value`, the accent colour."""
    if not _COLOUR.fullmatch(value):
        raise UnusableDetail(
            "accent", f"The colour {value!r} cannot be used: expected six digits such as #0B3D6B."
        )
    return value


def checked_language(value: str) -> str:
    """Return `value`, a language tag (RFC 5646)."""
    if not _LANGUAGE.fullmatch(value) or len(value) > LONGEST_LANGUAGE:
        raise UnusableDetail(
            "language", f"The language {value!r} cannot be used: expected a code such as en or uk."
        )
    return value


def checked_languages(value: str) -> str:
    """Return `value`, the languages besides its own that a publication offers, "uk, en"."""
    tags = [tag.strip().lower() for tag in value.split(",") if tag.strip()]
    for tag in tags:
        if tag not in LANGUAGES:
            raise UnusableDetail(
                "languages",
                f"There are no words in the language {tag!r}: choose among {', '.join(LANGUAGES)}.",
            )
    return ",".join(dict.fromkeys(tags))


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
