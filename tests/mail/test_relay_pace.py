"""The pace of a relay: one rate for all, smooth, kept without Redis too."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from newsletter import PROJECT_DIR
from newsletter.mail.relay_pace import AHEAD_SECONDS, CATCH_UP_SECONDS, Pace
from newsletter.mail.relay_scripts import QUIET_SECONDS, RelayScripts
from tests.mail.relays import Clock, OwnRedis
from tests.mail.shared_gates import queue as queue

RELAY = "mail.example.org:587"

WORKER = """
import json, sys, time
from redis import Redis
from newsletter.mail.relay_pace import Pace
from newsletter.mail.relay_scripts import RelayScripts
url, rate, count = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
pace = Pace(relay="mail.example.org:587", rate=rate, scripts=RelayScripts(Redis.from_url(url)),
            workers=lambda: 1)
sys.stdin.readline()
print(json.dumps([time.monotonic() + pace.reserve() for _ in range(count)]))
"""


def pace(queue: OwnRedis, *, rate: float, clock: Clock, workers: int = 1) -> Pace:
    """Return one worker's pace."""
    scripts = RelayScripts(queue.client, clock=clock)
    return Pace(relay=RELAY, rate=rate, scripts=scripts, workers=lambda: workers, clock=clock)


def moments(of: Pace, clock: Clock, count: int) -> list[float]:
    """Reserve that many, waiting for none."""
    return [clock() + of.reserve() for _ in range(count)]


def most_within(found: list[float], seconds: float) -> int:
    """Return the most moments within any stretch of time."""
    found = sorted(found)
    most = first = 0
    for last, moment in enumerate(found):
        while moment - found[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_one_worker_gets_evenly_spaced_moments(queue):
    found = moments(pace(queue, rate=50, clock=Clock()), Clock(), 100)
    assert found[0] == pytest.approx(1000.0, abs=0.01)
    gaps = [later - earlier for earlier, later in pairwise(found[10:])]
    # Redis' clock goes on between two round trips while the test's stands still: on a busy machine
    # a few gaps look shorter.
    assert sorted(gaps)[len(gaps) // 10] >= 0.02 - 0.005
    assert found[-1] - found[0] == pytest.approx(99 / 50, abs=CATCH_UP_SECONDS + 0.05)


@pytest.mark.parametrize("rate", [200.0, 5000.0])
def test_several_processes_share_one_rate(queue, rate):
    count = int(rate)
    command = [sys.executable, "-c", WORKER, queue._server.url, str(rate), str(count)]
    workers = [
        subprocess.Popen(
            command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    found = sorted(
        moment for worker in workers for moment in json.loads(worker.communicate(timeout=60)[0])
    )
    assert len(found) == 3 * count
    for window in (0.25, 0.5, 1.0, 2.0):
        allowed = rate * (window + CATCH_UP_SECONDS) + 1
        assert most_within(found, window) <= allowed
    # Three seconds of mail take three seconds: what is reserved together is used together.
    assert found[-1] - found[0] >= 3 - CATCH_UP_SECONDS - 0.05


def test_a_restarted_worker_waits_for_what_its_predecessor_had_reserved(queue):
    clock = Clock()
    moments(pace(queue, rate=10, clock=clock), clock, 20)
    assert pace(queue, rate=10, clock=clock).reserve() == pytest.approx(2.0, abs=0.2)


def test_a_restarted_redis_remembers_the_rate(queue):
    clock = Clock()
    first = pace(queue, rate=1, clock=clock)
    moments(first, clock, 30)
    queue.stop()
    queue.start()
    assert pace(queue, rate=1, clock=clock).reserve() > 20


def test_an_emptied_redis_does_not_let_a_worker_repeat_its_moments(queue):
    clock = Clock()
    first = pace(queue, rate=1, clock=clock)
    moments(first, clock, 30)
    queue.client.flushall()
    assert first.reserve() == pytest.approx(30.0, abs=0.5)


def test_a_fast_stream_needs_few_round_trips(queue):
    clock = Clock()
    fast = pace(queue, rate=15_000, clock=clock)
    before = queue.client.info("commandstats")
    assert "cmdstat_evalsha" not in before
    moments(fast, clock, 15_000)
    calls = queue.client.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert calls <= 1 / AHEAD_SECONDS * 2 + 12


def test_single_letters_reserve_nothing_in_vain(queue):
    clock = Clock()
    slow = pace(queue, rate=100, clock=clock)
    for _ in range(5):
        slow.reserve()
        clock.pass_by(3)
    assert slow._left == 0


def test_moments_that_were_missed_are_not_used_in_a_burst(queue):
    clock = Clock()
    busy = pace(queue, rate=1000, clock=clock)
    for _ in range(500):
        clock.pass_by(busy.reserve())
    clock.pass_by(30)
    at_once = 0
    while busy.reserve() == 0.0:
        at_once += 1
    assert at_once <= 1000 * CATCH_UP_SECONDS * 2


def test_without_redis_each_worker_keeps_to_its_share(queue):
    clock = Clock()
    share = pace(queue, rate=10, clock=clock, workers=4)
    clock.pass_by(share.reserve())
    queue.stop()
    begun, gone = clock(), []
    for _ in range(25):
        clock.pass_by(share.reserve())
        gone.append(clock())
    assert most_within(gone, 1.0) <= 3
    assert clock() - begun == pytest.approx(25 / 10 * 4, rel=0.1)


def test_redis_that_comes_back_is_used_again(queue):
    clock = Clock()
    share = pace(queue, rate=10, clock=clock, workers=4)
    queue.stop()
    for _ in range(5):
        clock.pass_by(share.reserve())
    queue.start()
    clock.pass_by(QUIET_SECONDS)
    found = moments(share, clock, 20)
    assert found[-1] - found[0] == pytest.approx(19 / 10, abs=0.3)


def test_a_clock_of_redis_set_back_does_not_hold_mail_up(queue):
    clock = Clock()
    queue.client.set(
        f"newsletter:relay:{{{RELAY}}}:pace", str(int((queue.client.time()[0] + 7200) * 1e6))
    )
    assert pace(queue, rate=50, clock=clock).reserve() < 1
