"""A worker's sign of life, kept in Redis so that pages can say when workers are silent."""

from datetime import UTC, datetime

from redis import Redis

KEY = "newsletter:worker-heartbeat"

#: Seconds between two signs of life, and until the last one is forgotten.
PERIOD_SECONDS = 10
KEPT_SECONDS = 7 * 24 * 3600

#: A worker is silent when it missed this many seconds.
SILENT_SECONDS = 60


def give(queue: Redis, *, now: datetime) -> None:
    """Record that a worker is alive at `now`."""
    queue.set(KEY, now.timestamp(), ex=KEPT_SECONDS)


def last(queue: Redis) -> datetime | None:
    """Return when a worker last showed itself; None if none did for a week.

    Raises:
        redis.RedisError: the queue cannot be asked.
    """
    stamp = queue.get(KEY)
    return datetime.fromtimestamp(float(stamp), UTC) if stamp else None
