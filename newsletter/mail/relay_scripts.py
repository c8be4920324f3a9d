"""The relays' scripts in Redis: one round trip each, and no waiting while Redis is away."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

#: After a failure Redis is left alone for so long: a frozen one takes two seconds to fail, and
#: mail must not wait those at each question.
QUIET_SECONDS = 5.0

NAMES = ("reserve", "claim", "heard")

Clock = Callable[[], float]


def relay_key(relay: str, what: str) -> str:
    """Return the key of one thing about a relay; the braces keep a relay's keys on one node."""
    return f"newsletter:relay:{{{relay}}}:{what}"


class RelayScripts:
    """Runs the scripts that stand beside this module."""

    def __init__(self, redis: "Redis", *, clock: Clock = time.monotonic) -> None:
        self._redis = redis
        self._clock = clock
        self._quiet_until = float("-inf")
        folder = Path(__file__).parent
        self._scripts = {
            name: redis.register_script((folder / f"relay_{name}.lua").read_text(encoding="utf-8"))
            for name in NAMES
        }

    def run(self, name: str, *, keys: Sequence[str], args: Sequence[object]) -> list[Any] | None:
        """Return what the script returns, as a list; None while Redis is away."""
        answer = self._guarded(lambda: self._scripts[name](keys=keys, args=args))  # type: ignore[arg-type]
        if answer is None:
            return None
        return answer if isinstance(answer, list) else [answer]

    def put(self, key: str, value: str, *, seconds: int, if_absent: bool = False) -> None:
        """Set a key that expires; silently not while Redis is away."""
        self._guarded(lambda: self._redis.set(key, value, ex=seconds, nx=if_absent))

    def _guarded(self, call: Callable[[], Any]) -> Any:
        if self._clock() < self._quiet_until:
            return None
        try:
            return call()
        except RedisError as error:
            self._quiet_until = self._clock() + QUIET_SECONDS
            log.warning("relay_limits_local", error=type(error).__name__)
            return None
