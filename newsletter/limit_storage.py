"""Where rate limits are counted: in Redis, and in this process for as long as Redis takes nothing.

Flask-Limiter's own fallback does not cover a hit that is counted after the view, nor a Redis that
answers and refuses to write: there a signup that was stored would end in an error page.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from limits.storage import MemoryStorage, RedisStorage, Storage
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger()

Answer = TypeVar("Answer")

PREFIX = "redis-or-memory+"

#: After a failure Redis is left alone for this long, so that no request waits for it.
QUIET_SECONDS = 10.0


class RedisOrMemory(Storage):
    """Counts in Redis and, what Redis did not take, in memory; both together are the count.

    A limit is therefore never open: while Redis is away it holds for each process by itself.
    """

    STORAGE_SCHEME = [PREFIX + scheme for scheme in ("redis", "rediss", "redis+unix")]  # noqa: RUF012

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        # Without a retry: the client's own three would keep a request waiting.
        at_once: Any = Retry(NoBackoff(), 0)
        self._shared = RedisStorage(uri.removeprefix(PREFIX), retry=at_once, **options)
        self._own = MemoryStorage()
        self._quiet_until = 0.0

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Return what the library may wrap; nothing of it gets out of here."""
        return RedisError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return the count of the window."""
        shared = self._ask(lambda: self._shared.incr(key, expiry, amount))
        if shared is None:
            self._own.incr(key, expiry, amount)
            return self.get(key)
        return shared + self._own.get(key)

    def get(self, key: str) -> int:
        """Return the count of the window."""
        return (self._ask(lambda: self._shared.get(key)) or 0) + self._own.get(key)

    def get_expiry(self, key: str) -> float:
        """Return when the window ends."""
        shared = self._ask(lambda: self._shared.get_expiry(key)) or 0.0
        return max(shared, self._own.get_expiry(key))

    def check(self) -> bool:
        """Say that limits can be counted, which they always can."""
        return True

    def reset(self) -> int | None:
        """Forget every count."""
        forgotten = self._ask(self._shared.reset) or 0
        return forgotten + (self._own.reset() or 0)

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._ask(lambda: self._shared.clear(key))
        self._own.clear(key)

    def _ask(self, question: Callable[[], Answer]) -> Answer | None:
        """Return the answer of Redis; None if there was none, or a moment ago."""
        if time.monotonic() < self._quiet_until:
            return None
        try:
            return question()
        except RedisError as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("limits_counted_here", error=type(error).__name__)
            return None
