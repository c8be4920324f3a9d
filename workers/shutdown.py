"""Tell the pool processes that their worker wants to stop: Celery only waits for them."""

import multiprocessing
from typing import Any

from celery import signals

# Made before the pool forks, so that the worker and all its processes share it. One octet without
# a lock: a process killed while it held one would leave all the others waiting for ever.
_shutting_down = multiprocessing.get_context("fork").RawValue("b", 0)


def is_shutting_down() -> bool:
    """Whether the worker was asked to stop, so that a long task should give back the rest."""
    return bool(_shutting_down.value)


@signals.worker_shutting_down.connect
def _remember(**_: Any) -> None:
    _shutting_down.value = 1
