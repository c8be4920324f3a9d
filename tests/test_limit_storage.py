"""Rate limits are counted whatever Redis does, and are never open."""

from collections.abc import Iterator

import pytest
from limits import RateLimitItemPerHour
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis import Redis

from newsletter import jobs, limit_storage
from newsletter.limit_storage import PREFIX, RedisOrMemory

LIMIT = RateLimitItemPerHour(5)

NOWHERE = PREFIX + "redis://127.0.0.1:1/0"


@pytest.fixture
def storage(redis_url: str) -> Iterator[RedisOrMemory]:
    made = storage_from_string(PREFIX + jobs.limiter_url(redis_url))
    assert isinstance(made, RedisOrMemory)
    made.reset()
    yield made
    made.reset()


@pytest.fixture
def full_redis(redis_url: str) -> Iterator[Redis]:
    """A Redis that answers and takes nothing."""
    client = Redis.from_url(redis_url)
    before = client.config_get("maxmemory")["maxmemory"]
    client.config_set("maxmemory", "1")
    yield client
    client.config_set("maxmemory", before)


def allowed(storage: RedisOrMemory, tries: int) -> int:
    """Return how many of so many tries the limit lets through; asked as the pages ask it."""
    limiter = FixedWindowRateLimiter(storage)
    through = 0
    for _ in range(tries):
        if limiter.test(LIMIT, "network"):
            limiter.hit(LIMIT, "network")
            through += 1
    return through


def test_every_process_counts_the_same(storage: RedisOrMemory, redis_url: str) -> None:
    other = storage_from_string(PREFIX + jobs.limiter_url(redis_url))
    assert isinstance(other, RedisOrMemory)
    assert allowed(storage, 3) == 3
    assert allowed(other, 10) == 2


def test_without_redis_a_process_counts_by_itself() -> None:
    storage = RedisOrMemory(NOWHERE, socket_connect_timeout=1, socket_timeout=1)
    assert allowed(storage, 10) == 5


def test_a_redis_that_is_full_opens_no_limit(
    storage: RedisOrMemory, full_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_storage, "QUIET_SECONDS", 0.0)  # so that it is asked every time
    assert allowed(storage, 10) == 5


def test_what_was_counted_meanwhile_counts_when_redis_is_back(
    storage: RedisOrMemory, full_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit_storage, "QUIET_SECONDS", 0.0)
    assert allowed(storage, 3) == 3
    full_redis.config_set("maxmemory", "0")
    assert allowed(storage, 10) == 2


def test_a_redis_that_failed_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = RedisOrMemory(NOWHERE, socket_connect_timeout=1, socket_timeout=1)
    asked: list[str] = []

    def fail(key: str) -> int:
        asked.append(key)
        raise ConnectionError

    storage.get("network")
    monkeypatch.setattr(storage._shared, "get", fail)
    storage.get("network")
    assert asked == []
