"""Time: always UTC-aware, read at the doors and handed down as `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current moment, UTC-aware."""
    return datetime.now(UTC)
