"""The Celery application: configured late, logging as everything does, safe to fork."""

import logging
from typing import Any

from celery import Celery, signals
from kombu import Queue

from newsletter import jobs
from newsletter.config import Settings
from newsletter.extensions import db, redis
from newsletter.logs import configure_logs
from workers.context import JobTask, flask_app
from workers.schedule import beat_schedule
from workers.timer import WorkerTimer

#: Task modules, by the rooms they open onto; each Job finds its task in one of them.
TASK_MODULES = (
    "workers.letters",
    "workers.articles",
    "workers.digests",
    "workers.deliveries",
    "workers.feedback",
    "workers.hold",
    "workers.upkeep",
)


def _configuration() -> dict[str, Any]:
    """Return the settings of the queue; read late, so that tests import tasks without any."""
    settings: Settings = flask_app().extensions["settings"]
    return {
        **(jobs.celery_app(settings).conf.changes or {}),
        "include": TASK_MODULES,
        "task_queues": [Queue(name) for name in jobs.QUEUES],
        "beat_schedule": beat_schedule(),
    }


app = Celery("newsletter", task_cls=JobTask, set_as_current=True)
app.add_defaults(_configuration)
app.steps["consumer"].add(WorkerTimer)


@signals.setup_logging.connect
def _log_as_everything_does(**_: Any) -> None:
    """Keep Celery from arranging logs of its own, and from telling failures a second time."""
    settings: Settings = flask_app().extensions["settings"]
    configure_logs(level=settings.log_level)
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)


@signals.worker_process_init.connect
def _drop_inherited_connections(**_: Any) -> None:
    """Let a pool process open its own connections: two cannot share a socket after a fork."""
    with flask_app().app_context():
        db.engine.dispose(close=False)
        redis.connection_pool.reset()
