"""Cost of one Celery task that does nothing, with the settings and the Redis of the service.

celery -A bench.celery_task worker -Q bench
"""

import os
import sys
import time

from redis import Redis

from bench.installation import KEPT, Installation
from bench.programs import running, wait_until
from newsletter import PROJECT_DIR
from newsletter.config import Settings
from newsletter.jobs import celery_app

QUEUE, TASK = "bench", "bench.nothing"
FIRST, LAST = "bench:first", "bench:last"
START_SECONDS = 120.0

app = celery_app(
    Settings(_env_file=None, secret_key="x" * 32, redis_url=os.environ.get("BENCH_REDIS_URL", ""))
)


@app.task(name=TASK)
def nothing(mark: str = "") -> None:
    """Do nothing, but note the moment where one is asked for."""
    if mark:
        Redis.from_url(os.environ["BENCH_REDIS_URL"]).set(mark, time.time())


def task_cost(installed: Installation, *, tasks: int) -> float:
    """Return the microseconds from one task to the next in one worker process."""
    client = Redis.from_url(installed.settings.redis_url)
    client.delete(FIRST, LAST)
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = {
        **kept,
        "PYTHONPATH": str(PROJECT_DIR),
        "PYTHONWARNINGS": "ignore",
        "BENCH_REDIS_URL": installed.settings.redis_url,
    }
    publisher = celery_app(installed.settings)
    for number in range(tasks + 1):
        mark = FIRST if number == 0 else LAST if number == tasks else ""
        publisher.send_task(TASK, kwargs={"mark": mark}, queue=QUEUE)
    options = ["-q", "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "-A", "bench.celery_task", *options, "-Q", QUEUE]
    with running(command, log=installed.folder / "celery.log", environment=environment):
        wait_until(
            lambda: client.get(LAST) is not None, seconds=START_SECONDS, what="the last task"
        )
    first, last = (float(client.get(mark) or 0) for mark in (FIRST, LAST))
    return (last - first) / tasks * 1e6
