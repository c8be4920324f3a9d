"""Every job has its task, its queue and, where it recurs, its place in the schedule."""

import importlib
from datetime import timedelta

import pytest
from flask import Flask
from kombu import Message, Queue

from newsletter import heartbeat, jobs
from newsletter.clock import utc_now
from newsletter.extensions import redis
from newsletter.jobs import Job
from workers import timer
from workers.app import TASK_MODULES
from workers.app import app as celery
from workers.schedule import PERIODS, beat_schedule


@pytest.fixture
def tasks(app: Flask) -> set[str]:
    """Names of our tasks; a worker finds no others."""
    for module in TASK_MODULES:
        importlib.import_module(module)
    return {name for name in celery.tasks if not name.startswith("celery.")}


def test_every_job_has_a_task_of_its_name(tasks: set[str]) -> None:
    assert tasks == {job.value for job in Job}


def test_a_worker_takes_from_the_queue_of_every_job(app: Flask) -> None:
    queues = [queue.name for queue in celery.conf.task_queues]
    assert sorted(queues) == sorted({job.queue for job in Job})
    assert set(celery.conf.include) == set(TASK_MODULES)


def test_the_queue_keeps_the_settings_that_faults_forced(app: Flask) -> None:
    wanted = jobs.celery_app(app.extensions["settings"]).conf
    for name in ("task_acks_late", "worker_prefetch_multiplier", "broker_transport_options"):
        assert celery.conf[name] == wanted[name]


def test_what_nobody_took_expires_before_it_is_asked_for_again() -> None:
    for entry in beat_schedule().values():
        assert 0 < entry["options"]["expires"] < entry["schedule"]
        assert entry["options"]["queue"] == entry["task"].split(".")[0]


def test_every_sweeper_runs_each_minute_at_least() -> None:
    sweepers = {job for job in Job if job.name.startswith("SWEEP")}
    assert sweepers <= PERIODS.keys()
    assert all(PERIODS[job] <= 60 for job in sweepers)


def test_no_sweep_of_batches_waits_behind_them() -> None:
    assert Job.SWEEP_BATCHES.queue != Job.SEND_BATCH.queue


def test_a_task_in_the_schedule_takes_no_arguments(app: Flask, tasks: set[str]) -> None:
    for job in PERIODS:
        assert celery.tasks[job.value].run.__code__.co_argcount == 0, job


def test_workers_ask_for_all_due_work_themselves_but_once_in_its_period(app: Flask) -> None:
    for _ in range(2):
        timer.ask_for_due_work(celery)
    assert sum(redis.llen(queue) for queue in jobs.QUEUES) == len(PERIODS)
    for job, period in PERIODS.items():
        left = redis.ttl(timer.asked_key(job))
        assert max(period, 60) - 15 < left < max(period, 60), job


def test_a_worker_shows_that_it_lives(app: Flask) -> None:
    assert heartbeat.last(redis) is None
    timer.show_life(["letters"])
    assert heartbeat.last(redis) is None
    assert heartbeat.unserved(redis, now=utc_now()) == [*jobs.QUEUES[1:]]
    timer.show_life(jobs.QUEUES[1:])
    last = heartbeat.last(redis)
    assert last is not None
    assert abs((utc_now() - last).total_seconds()) < 5
    assert heartbeat.unserved(redis, now=utc_now()) == []
    timer.show_life(["letters"])  # the others end here
    later = utc_now() + timedelta(seconds=heartbeat.SILENT_SECONDS + 1)
    assert heartbeat.unserved(redis, now=later) == list(jobs.QUEUES)


def test_what_is_periodic_is_taken_before_the_next_batch(app: Flask) -> None:
    settings = app.extensions["settings"]
    taken: list[str] = []

    def take(body: str, message: Message) -> None:
        taken.append(body)
        if body == "deliveries" and taken.count(body) == 1:
            publish("upkeep")  # it falls due while a batch is being sent
        message.ack()

    with jobs.celery_app(settings).connection_for_read() as connection:
        queues = [Queue(f"test-{name}") for name in jobs.QUEUES]

        def publish(name: str) -> None:
            connection.SimpleQueue(f"test-{name}").put(name)

        for name in ("deliveries", "deliveries", "deliveries", "upkeep", "upkeep"):
            publish(name)
        with connection.Consumer(queues, callbacks=[take], prefetch_count=1):
            for _ in range(6):
                connection.drain_events(timeout=5)
    assert taken == ["upkeep", "upkeep", "deliveries", "upkeep", "deliveries", "deliveries"]
