"""Cost of one call, by calling it often enough."""

import time
from collections.abc import Callable

#: A figure is taken over at least so long.
SHORTEST_SECONDS = 0.2


def microseconds(
    function: Callable[[], object],
    *,
    shortest: float = SHORTEST_SECONDS,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return what one call takes, in microseconds of `clock`."""
    calls = 1
    while True:
        started = clock()
        for _ in range(calls):
            function()
        seconds = clock() - started
        if seconds >= shortest:
            return seconds / calls * 1e6
        calls = max(calls * 2, int(calls * shortest / max(seconds, 1e-9)))
