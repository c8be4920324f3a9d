"""Notes that wait in Redis until a minute has shown what came after them.

A request pushes one line and needs no Redis: while that is away the note is lost, and nobody waits.
A worker takes the lines, writes what they say, and only then forgets them; one that dies in between
lets a minute be counted twice, one that dies before loses nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from redis import RedisError

from newsletter.extensions import redis

log = structlog.get_logger()

#: What comes faster than this in a minute or two is not kept.
MOST_WAITING = 50_000
#: A note has settled when it is so old.
SETTLED_SECONDS = 60
#: After this another worker may take the lines.
LOCK_SECONDS = 50
#: After a failure Redis is left alone for this long, so that no reader waits for it.
QUIET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TakenNotes:
    """The lines that wait, the oldest first."""

    lines: list[str]
    settled: int  # so many of them, from the oldest on


class WaitingNotes:
    """One such list. A line begins with its moment in seconds since 1970, then a space."""

    def __init__(self, name: str) -> None:
        self.key = f"newsletter:{name}"
        self.lock = f"newsletter:{name}-in-hand"
        self.quiet_until = 0.0
        self._name = name

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something with Redis, unless it failed a moment ago; never raises for its sake."""
        if time.monotonic() < self.quiet_until:
            return
        try:
            act()
        except RedisError as error:
            self.quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("notes_not_kept", notes=self._name, error=type(error).__name__)

    def push(self, line: str) -> bool:
        """Add a line and say so; False: too many wait."""
        if int(redis.rpush(self.key, line)) > MOST_WAITING:
            redis.rpop(self.key)
            return False
        return True

    def take(self, *, now: datetime) -> TakenNotes | None:
        """Return what waits; None while another worker has it in hand. All of it stays."""
        if not redis.set(self.lock, 1, nx=True, ex=LOCK_SECONDS):
            return None
        waiting: list[bytes] = redis.lrange(self.key, 0, MOST_WAITING)  # type: ignore[assignment]
        lines = [line.decode() for line in waiting]
        last = now.timestamp() - SETTLED_SECONDS
        fresh = (place for place, line in enumerate(lines) if _moment(line) > last)
        return TakenNotes(lines, next(fresh, len(lines)))

    def forget(self, settled: int) -> None:
        """Take so many out, from the oldest on, and let the next worker at them."""
        redis.ltrim(self.key, settled, -1)
        redis.delete(self.lock)


def _moment(line: str) -> float:
    return float(line.partition(" ")[0])
