"""Answers that take the same time whatever they did, so that the time tells nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

#: A signup takes a whole multiple of this. More than the work of nearly every signup, so that who
#: is known, silenced or new takes no longer than another.
EVEN_SECONDS = 0.05


@contextmanager
def evenly() -> Iterator[None]:
    """Let the block take a whole multiple of `EVEN_ANSWER_SECONDS`, also if it fails."""
    step = float(current_app.config["EVEN_ANSWER_SECONDS"])
    begun = time.monotonic()
    try:
        yield
    finally:
        time.sleep(rest(time.monotonic() - begun, step=step))


def rest(taken: float, *, step: float) -> float:
    """Return what is left to the next whole multiple of `step`; nothing if there is no step."""
    return -taken % step if step else 0.0
