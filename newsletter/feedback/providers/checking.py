"""What the checks of all providers share. Pure: a request in, events out, or a refusal."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from newsletter.errors import PermanentError


class Forged(PermanentError):
    """Unsigned, signed by somebody else, or too old."""


class Malformed(PermanentError):
    """Signed rightly, and still not what the provider writes."""


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook as it came; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime


def same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


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


def json_of(body: bytes) -> Any:
    """Read JSON.

    Raises:
        Malformed: it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None


def object_of(value: Any) -> dict[str, Any]:
    """Return a JSON object; whatever else it is counts as an empty one."""
    return value if isinstance(value, dict) else {}


def words_of(value: Any) -> str:
    """Return a JSON value as text; objects and lists count as nothing."""
    return str(value) if isinstance(value, str | int | float) else ""


def needed(value: Any, name: str) -> str:
    """Return a text that must be there.

    Raises:
        Malformed: it is not, or is too long for an id.
    """
    text = words_of(value)
    if not 0 < len(text) <= 200:
        raise Malformed(f"{name} is missing.")
    return text
