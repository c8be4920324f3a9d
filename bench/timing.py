"""Cost of one call, by calling it often enough."""

import time
from collections.abc import Callable

#: A figure is taken over at least so long.
SHORTEST_SECONDS = 0.2


def microseconds(function: Callable[[], object], *, shortest: float = SHORTEST_SECONDS) -> float:
    """Return what one call takes, in microseconds."""
    calls = 1
    while True:
        started = time.perf_counter()
        for _ in range(calls):
            function()
        seconds = time.perf_counter() - started
        if seconds >= shortest:
            return seconds / calls * 1e6
        calls = max(calls * 2, int(calls * shortest / max(seconds, 1e-9)))
