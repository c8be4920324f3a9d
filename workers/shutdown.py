"""Tell the pool processes that their worker wants to stop: Celery only waits for them."""

import multiprocessing
from typing import Any

from celery import signals

# Made before the pool forks, so that the worker and all its processes share it.
_shutting_down = multiprocessing.get_context("fork").Event()


def is_shutting_down() -> bool:
    """Whether the worker was asked to stop, so that a long task should give back the rest."""
    return _shutting_down.is_set()


@signals.worker_shutting_down.connect
def _remember(**_: Any) -> None:
    _shutting_down.set()
