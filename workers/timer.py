"""A worker's own clock: shows that it lives, and asks for due work while no scheduler does."""

from collections.abc import Sequence
from typing import Any

import structlog
from celery import bootsteps
from redis import Redis, RedisError

from newsletter import clock, heartbeat
from newsletter.jobs import Job
from workers.context import flask_app
from workers.schedule import PERIODS, message_options

log = structlog.get_logger()

ASK_SECONDS = 60


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
            repeat(ASK_SECONDS, ask_for_due_work, (consumer.app,)),
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


def ask_for_due_work(app: Any) -> None:
    """Queue each periodic job once in its period among all workers, and once a minute at most."""
    try:
        for job, period in PERIODS.items():
            seconds = max(period, ASK_SECONDS)
            if _redis().set(asked_key(job), 1, nx=True, ex=int(seconds) - 5):
                app.send_task(job.value, retry=False, **message_options(job, seconds))
    except Exception as error:  # noqa: BLE001 - whatever the broker raises, the next period asks again
        log.warning("due_work_not_queued", error=type(error).__name__)


def asked_key(job: Job) -> str:
    """Return where workers leave word for each other that one has asked for a job."""
    return f"newsletter:worker-asked:{job.value}"
