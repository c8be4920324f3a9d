"""How the relays stand, for staff: well, slowed, silent, paused, stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from redis import Redis
from redis.exceptions import RedisError

from newsletter.mail.relay_reactions import Reaction
from newsletter.mail.relay_scripts import relay_key
from newsletter.mail.relay_stops import all_stops


class RelayState(StrEnum):
    """How a relay stands with us."""

    WELL = "well"
    SLOWED = "slowed"  # few connections, growing again
    SILENT = "silent"  # it asked us to slow down
    PAUSED = "paused"  # it did not let us in
    STOPPED = "stopped"  # it refused our mail; staff release it
    UNKNOWN = "unknown"  # Redis does not answer


@dataclass(frozen=True, slots=True)
class RelayStanding:
    """One relay as staff see it."""

    relay: str
    state: RelayState
    answer: str = ""  # the words that led to it
    since: datetime | None = None  # of a stop
    until: datetime | None = None  # of a silence
    connections: int = 0  # most of all workers together; 0 is no limit
    stop_id: int | None = None


def relay_standings(relays: Iterable[str], *, redis: "Redis", now: datetime) -> list[RelayStanding]:
    """Return how the named relays stand, and whichever else is stopped."""
    stops = {stop.relay: stop for stop in all_stops()}
    found = []
    for relay in dict.fromkeys([*relays, *stops]):
        if stop := stops.get(relay):
            found.append(
                RelayStanding(
                    relay, RelayState.STOPPED, stop.answer, since=stop.stopped_at, stop_id=stop.id
                )
            )
        else:
            found.append(_health(relay, redis, now))
    return found


def _health(relay: str, redis: "Redis", now: datetime) -> RelayStanding:
    try:
        seconds, micros = redis.time()
        fields = {
            key.decode() if isinstance(key, bytes) else key: value
            for key, value in redis.hgetall(relay_key(relay, "health")).items()
        }
    except RedisError:
        return RelayStanding(relay, RelayState.UNKNOWN)
    most = int(fields.get("most", 0))
    if not most:
        return RelayStanding(relay, RelayState.WELL)
    left = float(fields.get("silent_until", 0)) / 1000 - (seconds + micros / 1_000_000)
    words = fields.get("words", b"")
    answer = words.decode() if isinstance(words, bytes) else words
    if left <= 0:
        return RelayStanding(relay, RelayState.SLOWED, answer, connections=most)
    last = fields.get("reaction", b"")
    paused = last in (Reaction.PAUSE.value, Reaction.PAUSE.value.encode())
    return RelayStanding(
        relay,
        RelayState.PAUSED if paused else RelayState.SILENT,
        answer,
        until=(now + timedelta(seconds=left)).astimezone(UTC),
        connections=most,
    )
