"""Signatures, as the checks of all providers ask for them. Pure: a request in, or a refusal."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.errors import PermanentError


class Forged(PermanentError):
    """Unsigned, signed by somebody else, or too old."""


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook as it came; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime


def same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def refuse_forged(given: Iterable[str], *, expected: str) -> None:
    """Refuse signatures of which none is the expected one.

    Raises:
        Forged: none is.
    """
    if not any([same(one, expected) for one in given]):
        raise Forged("The signature is wrong.")


def seconds_of(text: str) -> datetime:
    """Read seconds since 1970.

    Raises:
        Forged: they are no number.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Forged("The time of the signature cannot be read.")
    return datetime.fromtimestamp(int(text), UTC)


def refuse_stale(signed_at: datetime, *, now: datetime, within: timedelta) -> None:
    """Refuse what was signed too long ago, or after now.

    Raises:
        Forged: it was.
    """
    if abs(now - signed_at) > within:
        raise Forged("The signature is too old.")
