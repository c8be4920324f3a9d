"""Take values out of JSON whose types nobody guarantees."""

from typing import Any


def text(value: Any) -> str:
    """Return a text or a number as text, anything else as nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(value: Any) -> int | None:
    """Return a size in pixels, or None."""
    digits = text(value).partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else None


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, and nothing for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
