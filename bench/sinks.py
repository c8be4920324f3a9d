"""Mail servers that take everything, and Debian's `smtp-source` to measure them by."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.programs import (
    CannotMeasure,
    find_program,
    free_port,
    needed_program,
    running,
    wait_for_port,
)

SOURCE = Path(__file__).with_name("fast_sink.c")


@dataclass
class Totals:
    """What a sink counted; known once it has ended, and only by the sink of our own."""

    messages: int | None = None
    octets: int | None = None


@dataclass(frozen=True)
class Sink:
    """A running sink."""

    name: str
    port: int
    totals: Totals

    def url(self, *, connections: int) -> str:
        """Return the SMTP_URL that leads here."""
        options = f"tls=none&helo=news.example.org&connections={connections}"
        return f"smtp://127.0.0.1:{self.port}?{options}"


@contextmanager
def any_sink(folder: Path) -> Iterator[Sink]:
    """Run the fast sink, or Debian's where there is no compiler."""
    with fast_sink(folder) if can_build() else debian_sink(folder) as sink:
        yield sink


@contextmanager
def fast_sink(folder: Path, *, delay_ms: int = 0) -> Iterator[Sink]:
    """Run our own sink, each reply `delay_ms` late.

    Raises:
        CannotMeasure: there is no compiler.
    """
    port, totals = free_port(), Totals()
    log = folder / f"fast_sink-{port}.log"
    command = [str(_built(folder)), str(port), str(delay_ms)]
    with running(command, log=log) as process:
        wait_for_port(port, process, log=log)
        yield Sink("fast_sink", port, totals)
    said = json.loads(log.read_text())
    totals.messages, totals.octets = said["messages"], said["octets"]


@contextmanager
def debian_sink(folder: Path) -> Iterator[Sink]:
    """Run `smtp-sink`."""
    port = free_port()
    log = folder / f"smtp-sink-{port}.log"
    command = [needed_program("smtp-sink"), "-u", "nobody", f"127.0.0.1:{port}", "1000"]
    with running(command, log=log) as process:
        wait_for_port(port, process, log=log)
        yield Sink("smtp-sink", port, Totals())


def can_build() -> bool:
    """Whether there is a C compiler."""
    return find_program("cc") is not None


def source_rate(sink: Sink, *, messages: int, octets: int, sessions: int) -> float:
    """Return how many messages a second `smtp-source` hands to the sink."""
    command = [
        *(needed_program("smtp-source"), "-d", "-s", str(sessions), "-m", str(messages)),
        *("-l", str(octets), "-f", "news@example.org", "-t", "reader@example.org"),
        *("-M", "news.example.org", f"127.0.0.1:{sink.port}"),
    ]
    started = time.perf_counter()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise CannotMeasure(f"smtp-source: {ran.stderr}")
    return messages / (time.perf_counter() - started)


@cache
def _built(folder: Path) -> Path:
    program = folder / "fast_sink"
    compiler = needed_program("cc")
    command = [compiler, "-O2", "-Wall", "-o", str(program), str(SOURCE)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise CannotMeasure(f"cc: {made.stderr}")
    return program
