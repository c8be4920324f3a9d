"""Workers without Redis, and a Redis that comes back: limits hold, rather too low."""

import pytest

from newsletter.mail.relay_health import (
    LONGEST_SILENCE_SECONDS,
)
from newsletter.mail.relay_memory import ASSUMED_WORKERS
from newsletter.mail.relay_scripts import QUIET_SECONDS
from tests.mail.relays import (
    BUSY,
    TEN_MINUTES,
    THROTTLED,
    gate,
    relay,
)
from tests.mail.shared_gates import RELAY, pair, refuse, stops, waits
from tests.mail.shared_gates import clock as clock
from tests.mail.shared_gates import queue as queue


def test_without_redis_silence_and_stops_are_kept_by_each_worker(queue, clock):
    queue.stop()
    one = gate(RELAY, queue.client, clock)
    assert one.connections(10) == 10
    one.heard(BUSY)
    assert one.connections(10) == 1
    one.heard(THROTTLED)
    assert one.connections(10) == 0
    clock.pass_by(TEN_MINUTES - 1)
    assert one.connections(10) == 0
    clock.pass_by(2)
    assert one.connections(10) == 1
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    assert one.connections(10) == 0
    assert len(stops()) == 1


def test_without_redis_a_trouble_is_forgotten_after_the_longest_silence(queue, clock):
    queue.stop()
    one = gate(RELAY, queue.client, clock)
    one.connections(10)
    one.heard(THROTTLED)
    clock.pass_by(LONGEST_SILENCE_SECONDS)
    assert one.connections(10) == 1
    clock.pass_by(1)
    assert one.connections(10) == 10


def test_redis_that_comes_back_hears_of_a_silence(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    queue.stop()
    one.heard(THROTTLED)
    assert one.connections(10) == 0
    queue.start()
    clock.pass_by(QUIET_SECONDS)
    assert (one.connections(10), two.connections(10)) == (0, 0)


def test_an_emptied_redis_hears_of_a_silence_from_whoever_remembers_it(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    one.heard(THROTTLED)
    one.connections(10)
    queue.client.flushall()
    clock.pass_by(1)
    assert (one.connections(10), two.connections(10)) == (0, 0)
    assert two._memory.silence > TEN_MINUTES - 5
    assert "4.7.28" in two.why()


def test_without_redis_the_rate_is_shared_among_the_workers_seen_last(queue, clock):
    limited = relay(rate_per_second=10.0)
    four = [gate(limited, queue.client, clock) for _ in range(4)]
    for at in (*four, four[0]):
        at.connections(1)
        clock.pass_by(1)
    queue.stop()
    _, first, *_, last = waits(four[0], 6)
    assert last - first == pytest.approx(4 * 4 / 10, abs=0.01)


def test_without_redis_from_the_start_the_rate_is_kept_too_low_rather_than_too_high(queue, clock):
    queue.stop()
    one = gate(relay(rate_per_second=10.0), queue.client, clock)
    first, *_, last = waits(one, 5)
    assert last - first == pytest.approx(4 * ASSUMED_WORKERS / 10, abs=0.01)


def test_a_full_redis_leaves_limits_to_each_worker(queue, clock):
    one = gate(relay(rate_per_second=10.0), queue.client, clock)
    queue.client.config_set("maxmemory", "1")
    assert one.connections(10) == 10
    assert waits(one, 3)[-1] > 1
