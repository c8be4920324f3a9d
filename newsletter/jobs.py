"""The names of background jobs, and how to ask for one; knows no worker.

A queued job is a hint, never the record: the rows say what is to be done and a sweeper asks
again, so a queue that is away, full or emptied delays work and loses none.
"""

import time
from enum import StrEnum
from typing import Any

import structlog
from celery import Celery
from flask import Flask, current_app
from redis.exceptions import RedisError

from newsletter.config import Settings
from newsletter.extensions import db, redis

log = structlog.get_logger()

#: After a failed attempt to queue, requests stop trying for this long, so that none waits.
QUIET_SECONDS = 10.0


class Job(StrEnum):
    """Every background job; the value is `queue.name` and also the task's name."""

    SEND_LETTER = "letters.send"
    SEND_PROOF = "letters.send_proof"
    TELL_OF_ALARM = "letters.tell_of_alarm"
    TELL_OF_BREAKER = "letters.tell_of_breaker"
    TELL_OF_HELD_DIGEST = "letters.tell_of_held_digest"
    TELL_OF_DRAFT = "letters.tell_of_draft"
    TELL_OF_PAUSE = "letters.tell_of_pause"
    SWEEP_LETTERS = "letters.sweep"
    # Who leaves by mail, and what bounces, must be heard while batches go out: each of those keeps
    # its process for 45 seconds, so this is for the worker that has none.
    HANDLE_NOTICE = "letters.handle_notice"
    POLL_FEED = "articles.poll_feed"
    SWEEP_PICTURES = "articles.sweep_pictures"
    POLL_DUE_FEEDS = "articles.poll_due_feeds"
    INDEX_ARTICLES = "articles.index"
    SWEEP_HUBS = "articles.sweep_hubs"
    NOTE_HUB = "articles.note_hub"
    CHECK_LINKS = "articles.check_links"
    RELEASE_DUE_ARTICLES = "articles.release_due"
    START_DUE_DIGESTS = "digests.start_due"
    PUBLISH_DIGEST = "digests.publish"
    SWEEP_DIGESTS = "digests.sweep"
    SEND_BATCH = "deliveries.send_batch"
    # Not behind the batches it sweeps: those of a large digest keep their queue long for hours.
    SWEEP_BATCHES = "upkeep.sweep_batches"
    MARK_SENDING = "upkeep.mark_sending"
    WATCH_SIGNUPS = "upkeep.watch_signups"
    SWEEP_NOTICES = "upkeep.sweep_notices"
    POLL_BOUNCES = "upkeep.poll_bounces"
    COUNT_CLICKS = "upkeep.count_clicks"
    COUNT_OPENS = "upkeep.count_opens"
    ASK_SILENT = "upkeep.ask_silent"
    TIDY = "upkeep.tidy"

    @property
    def queue(self) -> str:
        """Name of the queue that carries the job."""
        return self.value.split(".")[0]


def enqueue(job: Job, **ids: int) -> None:
    """Ask for a job once the running unit of work has committed."""
    db.session.info.setdefault("requested_jobs", []).append((job, ids))


def enqueue_at_once(job: Job, **ids: int) -> bool:
    """Queue a job that no row stands for, so that nobody asks again; say whether it was taken."""
    return _queue_of(current_app).publish(job, ids)


def count_waiting(job: Job) -> int:
    """Return how many jobs wait in the queue of `job`; 0 while nobody can say."""
    try:
        return int(redis.llen(job.queue))
    except RedisError:
        return 0


def forget_requested() -> None:
    """Drop what was asked for since the unit of work began."""
    db.session.info.pop("requested_jobs", None)


def publish_requested() -> None:
    """Queue what was asked for; never raises, since the sweeper finds what is not queued."""
    for job, ids in db.session.info.pop("requested_jobs", []):
        _queue_of(current_app).publish(job, ids)


def broker_url(redis_url: str) -> str:
    """Return `redis_url` as the broker spells it."""
    return redis_url.replace("unix://", "redis+socket://", 1)


#: In the order in which a worker takes from them: batches take long, and can wait for all else.
QUEUES = ("letters", "digests", "upkeep", "articles", "deliveries")


def limiter_url(redis_url: str) -> str:
    """Return `redis_url` as the rate limiter spells it."""
    return redis_url.replace("unix://", "redis+unix://", 1)


def celery_app(settings: Settings) -> Celery:
    """Return a Celery application with the settings that fault trials forced (docs/decisions)."""
    app = Celery("newsletter", broker=broker_url(settings.redis_url), set_as_current=False)
    app.conf.update(
        task_default_queue="upkeep",
        task_create_missing_queues=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_soft_time_limit=60,
        task_time_limit=90,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=1000,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_acquire_timeout=5,
        broker_transport_options={
            # By turns, each queue would have one job for each batch of a digest, which takes up
            # to 45 seconds: what is periodic would pile up and expire for as long as it goes out.
            "queue_order_strategy": "priority",
            "visibility_timeout": 600,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        timezone="UTC",
        enable_utc=True,
    )
    return app


class JobQueue:
    """Publishes jobs to the broker, bounded in time."""

    def __init__(self, settings: Settings) -> None:
        self._celery = celery_app(settings)
        self._celery.conf.broker_transport_options = {
            **self._celery.conf.broker_transport_options,
            "socket_timeout": 2,
            "socket_connect_timeout": 1,
            # Kombu tries a lost connection again for seconds; the row remains, so once is enough.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        }
        self._quiet_until = 0.0

    def publish(self, job: Job, ids: dict[str, Any]) -> bool:
        """Queue `job`; say whether it was taken."""
        if time.monotonic() < self._quiet_until:
            return False
        try:
            self._celery.send_task(job.value, kwargs=ids, queue=job.queue, retry=False)
        except Exception as error:  # noqa: BLE001 - whatever the broker raises, the row remains
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("job_not_queued", job=job.value, error=type(error).__name__, **ids)
            return False
        return True


def init_app(app: Flask, settings: Settings) -> None:
    """Give `app` its job queue."""
    app.extensions["job_queue"] = JobQueue(settings)


def _queue_of(app: Flask) -> JobQueue:
    queue: JobQueue = app.extensions["job_queue"]
    return queue
