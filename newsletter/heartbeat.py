"""Workers' signs of life in Redis, for each queue: letters may go on while nobody sends digests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from redis import Redis

from newsletter.jobs import QUEUES

#: A hash: for each queue when a worker that takes from it last showed itself.
KEY = "newsletter:worker-heartbeats"

#: Seconds between two signs of life, and until the last one is forgotten.
PERIOD_SECONDS = 10
KEPT_SECONDS = 7 * 24 * 3600

#: A worker is silent when it missed this many seconds.
SILENT_SECONDS = 60


def give(redis: Redis, *, now: datetime, queues: Iterable[str] = QUEUES) -> None:
    """Record that a worker which takes from these queues is alive at `now`."""
    redis.hset(KEY, mapping=dict.fromkeys(queues, now.timestamp()))
    redis.expire(KEY, KEPT_SECONDS)


def last(redis: Redis) -> datetime | None:
    """Return until when every queue had a worker; None if one had none for as long as we know.

    Raises:
        redis.RedisError: the queue cannot be asked.
    """
    signs = _signs(redis)
    return min(signs.values()) if signs.keys() >= set(QUEUES) else None


def unserved(redis: Redis, *, now: datetime) -> list[str]:
    """Return the queues that no worker takes from.

    Raises:
        redis.RedisError: the queue cannot be asked.
    """
    alive = now - timedelta(seconds=SILENT_SECONDS)
    signs = _signs(redis)
    return [queue for queue in QUEUES if queue not in signs or signs[queue] < alive]


def _signs(redis: Redis) -> dict[str, datetime]:
    stamps = zip(QUEUES, redis.hmget(KEY, QUEUES), strict=True)
    return {queue: datetime.fromtimestamp(float(stamp), UTC) for queue, stamp in stamps if stamp}
