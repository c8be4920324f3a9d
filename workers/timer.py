"""A worker's own clock: shows that it lives, and asks for sweeps while no scheduler does."""

from collections.abc import Sequence
from typing import Any

import structlog
from celery import bootsteps
from redis import Redis, RedisError

from newsletter import clock, heartbeat
from workers.context import flask_app
from workers.schedule import PERIODS, message_options

log = structlog.get_logger()

SWEEP_SECONDS = 60
SWEEP_KEY = "newsletter:worker-sweep"


class WorkerTimer(bootsteps.StartStopStep):
    """Runs in the worker's main process, so that a dead scheduler stops nothing."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **_: Any) -> None:
        self._entries: list[Any] = []

    def start(self, consumer: Any) -> None:
        """Begin with a sign of life."""
        queues = [queue.name for queue in consumer.task_consumer.queues]
        show_life(queues)
        repeat = consumer.timer.call_repeatedly
        self._entries = [
            repeat(heartbeat.PERIOD_SECONDS, show_life, (queues,)),
            repeat(SWEEP_SECONDS, ask_for_sweeps, (consumer.app,)),
        ]

    def stop(self, consumer: Any) -> None:
        """End with the connection; a new one starts the clock again."""
        for entry in self._entries:
            entry.cancel()
        self._entries = []


def _redis() -> Redis:
    client: Redis = flask_app().extensions["redis"]
    return client


def show_life(queues: Sequence[str]) -> None:
    """Give the sign of life of these queues' worker; Redis away is told by its own reconnecting."""
    try:
        heartbeat.give(_redis(), now=clock.utc_now(), queues=queues)
    except RedisError as error:
        log.debug("heartbeat_not_given", error=type(error).__name__)


def ask_for_sweeps(app: Any) -> None:
    """Queue every periodic job short of an hour, once a minute among all workers."""
    try:
        if not _redis().set(SWEEP_KEY, 1, nx=True, ex=SWEEP_SECONDS - 5):
            return
        for job, period in PERIODS.items():
            if period <= SWEEP_SECONDS:
                app.send_task(job.value, retry=False, **message_options(job, SWEEP_SECONDS))
    except Exception as error:  # noqa: BLE001 - whatever the broker raises, the next minute asks again
        log.warning("sweeps_not_queued", error=type(error).__name__)
