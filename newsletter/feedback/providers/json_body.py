"""JSON as providers write it, read with mistrust. Pure."""

import json
from typing import Any

from newsletter.errors import PermanentError


class Malformed(PermanentError):
    """Signed rightly, and still not what the provider writes."""


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
