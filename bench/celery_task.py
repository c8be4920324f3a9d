"""Cost of one Celery task that does nothing, with the settings and the Redis of the service."""

import sys

from redis import Redis

from bench.installation import Installation
from bench.programs import running, wait_until
from newsletter.jobs import celery_app

QUEUE, TASK = "bench", "bench.nothing"
FIRST, LAST = "bench:first", "bench:last"
SECONDS = 120.0


def task_cost(installed: Installation, *, tasks: int) -> float:
    """Return the microseconds from one task to the next in one worker process."""
    client = Redis.from_url(installed.settings.redis_url)
    client.delete(FIRST, LAST)
    publisher = celery_app(installed.settings)
    for number in range(tasks + 1):
        mark = FIRST if number == 0 else LAST if number == tasks else ""
        publisher.send_task(TASK, kwargs={"mark": mark}, queue=QUEUE)
    options = ["-q", "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "-A", "bench.nothing_task", *options, "-Q", QUEUE]
    environment = installed.environment(smtp_url="")
    with running(command, log=installed.folder / "celery.log", environment=environment):
        wait_until(lambda: client.exists(LAST) == 1, seconds=SECONDS, what="the last task")
    first, last = (float(client.get(mark) or 0) for mark in (FIRST, LAST))
    return (last - first) / tasks * 1e6
