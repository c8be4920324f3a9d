"""A real all-in-one service in a folder of its own, watched from outside."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from newsletter import PROJECT_DIR

#: Generous, since other programs may share the processors.
START_SECONDS = 120.0
STOP_SECONDS = 40.0

#: Settings of the person who runs the tests stay out.
KEPT = ("PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "LANG", "CI")


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once `condition` holds; fail naming `what` after `seconds`."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"{what} not within {seconds:.0f} s"
        time.sleep(0.1)


class Service:
    """`python -m newsletter.standalone` in `folder`, in a session of its own."""

    def __init__(self, folder: Path, *, port: int | None = None, **environment: str) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._log = folder / f"output-{time.monotonic_ns()}.txt"
        given = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.environment = {
            **given,
            "PYTHONPATH": str(PROJECT_DIR),
            "PORT": str(self.port),
            **environment,
        }
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "newsletter.standalone"],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """Everything it said so far."""
        return self._log.read_text()

    def status_of(self, path: str) -> int:
        """Return the status of a page; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait_ready(self) -> None:
        """Return when database, queue and worker are there."""
        wait_until(
            lambda: self.status_of("/readyz") == 200 or self.process.poll() is not None,
            START_SECONDS,
            f"ready: {self.output}",
        )
        assert self.process.poll() is None, self.output

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to the supervisor alone and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def leftovers(self) -> list[str]:
        """Return the commands of processes that know this service's folder or port."""
        marks = (f"PORT={self.port}\0".encode(), f"VAR_DIR={self.folder}/var\0".encode())
        return [
            command
            for process, command in running_processes().items()
            if process != os.getpid() and all(mark in environment_of(process) for mark in marks)
        ]

    def process_of(self, pattern: str) -> int:
        """Return the number of the supervisor's child whose command matches `pattern`.

        It is waited for: a service that was stopped a moment ago is ready before all are there.
        """
        wait_until(lambda: len(self._children(pattern)) == 1, START_SECONDS, pattern)
        (found,) = self._children(pattern)
        return found

    def _children(self, pattern: str) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        commands = running_processes()
        return [
            int(child)
            for child in children.split()
            if re.search(pattern, commands.get(int(child), ""))
        ]


def running_processes() -> dict[int, str]:
    """Return every process that is not a zombie, with its command."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if command:
                found[int(entry.name)] = command
    return found


def environment_of(process: int) -> bytes:
    """Return the environment that a process was started with, NUL after each."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""
