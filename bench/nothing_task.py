"""A Celery application with one task that does nothing.

celery -A bench.nothing_task worker -Q bench
"""

import time

from redis import Redis

from newsletter.config import load_settings
from newsletter.jobs import celery_app

_settings = load_settings()
app = celery_app(_settings)


@app.task(name="bench.nothing")
def nothing(mark: str = "") -> None:
    """Do nothing, but note the moment under `mark` where one is given."""
    if mark:
        Redis.from_url(_settings.redis_url).set(mark, time.time())
