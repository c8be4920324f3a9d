"""A command run to its end, its time and its memory watched from outside."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.programs import CannotMeasure, running

POLL_SECONDS = 0.1
#: Its pages are counted by the kernel, at the cost of what is measured.
MEMORY_SECONDS = 1.0
#: The peaks before and after these shares of a run tell whether memory grows.
_EARLY, _LATE = 0.2, 0.8


@dataclass(frozen=True)
class Watched:
    """What a command cost from its start to its end, its own processes included.

    Memory is what they keep resident in MB; what several share counts once.
    """

    seconds: float
    processor_seconds: float
    memory: list[float]
    said: str

    @property
    def early(self) -> float:
        """Peak of memory in the first fifth."""
        return max(self.memory[: max(1, int(len(self.memory) * _EARLY))])

    @property
    def late(self) -> float:
        """Peak of memory in the last fifth."""
        return max(self.memory[int(len(self.memory) * _LATE) :])


def watched(command: list[str], *, environment: Mapping[str, str], log: Path) -> Watched:
    """Run a command; `log` holds its output, of errors too.

    Raises:
        CannotMeasure: it failed.
    """
    log.unlink(missing_ok=True)
    memory: list[float] = []
    started, processor = time.perf_counter(), _processor_seconds()
    with running(command, log=log, environment=environment) as process:
        while process.poll() is None:
            if time.perf_counter() - started >= len(memory) * MEMORY_SECONDS:
                memory.append(sum(_resident_megabytes(pid) for pid in _family(process.pid)))
            time.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - started
    said = log.read_text()
    if process.returncode:
        raise CannotMeasure(f"{log.stem} failed: {said[-2000:]}")
    return Watched(seconds, _processor_seconds() - processor, memory, said)


def _processor_seconds() -> float:
    """Return what the programs that ended so far took."""
    times = os.times()
    return times.children_user + times.children_system


def _family(pid: int) -> Iterator[int]:
    """Yield a process and those it began."""
    yield pid
    with suppress(OSError):  # it is just ending
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


def _resident_megabytes(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0
