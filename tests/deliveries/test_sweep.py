"""The sweeper: asks for what waits, and never for more than is worth a queue."""

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway

from newsletter import jobs
from newsletter.clock import utc_now
from newsletter.deliveries import fan_out_slices, sweep
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest
from newsletter.extensions import redis
from newsletter.jobs import Job
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.factories import Make

BATCHES = 6


@pytest.fixture
def digest(make: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """A digest in six batches whose jobs are lost."""
    monkeypatch.setattr(fan_out_slices, "BATCH_SIZE", 1)
    home = make.publication()
    make.article(publication=home)
    for _ in range(BATCHES):
        make.subscription(publication=home)
    digest = publish(home, now=utc_now())
    redis.delete(Job.SEND_BATCH.queue)
    return digest


def swept() -> int:
    with unit_of_work():
        sweep_batches()
    return jobs.count_waiting(Job.SEND_BATCH)


def test_a_sweep_asks_for_every_batch_whose_job_was_lost(digest: Digest) -> None:
    assert swept() == BATCHES


def test_sweeps_while_workers_are_busy_do_not_fill_the_queue(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "SWEEP_SIZE", 10)
    assert [swept() for _ in range(5)] == [6, 10, 10, 10, 10]


def test_without_redis_nobody_knows_of_a_waiting_job(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> int:
        raise RedisAway

    monkeypatch.setattr("redis.Redis.llen", away)
    assert jobs.count_waiting(Job.SEND_BATCH) == 0
