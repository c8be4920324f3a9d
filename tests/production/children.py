"""Programs that end with the test run, even with one that was killed."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from newsletter.standalone.process import CHILD
from tests.standalone.service import wait_until

#: How long a program may take to answer; others share the processors.
START_SECONDS = 60.0
STOP_SECONDS = 20.0


def start(
    command: list[str],
    *,
    log: Path,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output appended to `log`."""
    shim = [sys.executable, "-I", str(CHILD), str(os.getpid())]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*shim, *command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
    """Ask a program to end and return its exit code; it fails the test if it does not."""
    process.send_signal(number)
    try:
        return process.wait(STOP_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, log: Path) -> None:
    """Return once somebody listens on a port of loopback."""

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    wait_until(answers, START_SECONDS, f"port {port} of {process.args}")
