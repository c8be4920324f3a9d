"""Programs that a measure starts; they end with it, even with one that was killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from newsletter.standalone.process import CHILD

START_SECONDS = 60.0
STOP_SECONDS = 60.0


class CannotMeasure(Exception):
    """Something a measure needs is missing or did not work; the text says what."""


def find_program(name: str) -> str | None:
    """Return the path of a program, also where only root's PATH leads."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def needed_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed.

    Raises:
        CannotMeasure.
    """
    for name in names:
        if found := find_program(name):
            return found
    raise CannotMeasure(f"{' or '.join(names)} is not installed.")


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    stop_signal: int = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a session of its own, its output in `log`, until the block ends."""
    shim = [sys.executable, "-I", str(CHILD), str(os.getpid())]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*shim, *command],
            cwd=log.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process, stop_signal)


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Return once `condition` holds.

    Raises:
        CannotMeasure: it does not within the time.
    """
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            raise CannotMeasure(f"{what} not within {seconds:.0f} s.")
        time.sleep(0.05)


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, log: Path) -> None:
    """Return once somebody listens on a port of loopback.

    Raises:
        CannotMeasure: the program ended, or the time did.
    """

    def answers() -> bool:
        if process.poll() is not None:
            raise CannotMeasure(f"{log.stem} ended: {log.read_text()[-2000:]}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    wait_until(answers, seconds=START_SECONDS, what=f"an answer from {log.stem}")


def _stop(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        if process.poll() is None:
            process.send_signal(number)
            process.wait(STOP_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
