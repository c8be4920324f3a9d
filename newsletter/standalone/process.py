"""One running program: its process group, its output, its crashes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

from newsletter.standalone.programs import Program

CHILD = Path(__file__).with_name("child.py")

#: So many crashes in so many seconds end everything.
MOST_CRASHES = 5
CRASH_SECONDS = 30.0

FIRST_PAUSE_SECONDS = 0.25


class Process:
    """Runs a program in a group of its own, so that Ctrl-C reaches the supervisor alone."""

    def __init__(self, program: Program, *, inherited: tuple[int, ...]) -> None:
        self.program = program
        self.start_at: float | None = None  # on the monotonic clock, while it waits for a restart
        self._inherited = inherited
        self._popen: subprocess.Popen[bytes] | None = None
        self._crashes: deque[float] = deque(maxlen=MOST_CRASHES)

    @property
    def name(self) -> str:
        """Name of the program."""
        return self.program.name

    @property
    def output(self) -> int:
        """File descriptor that its output is read from."""
        return self._running().stdout.fileno()  # type: ignore[union-attr]

    @property
    def is_running(self) -> bool:
        """Whether it was started and its end was not noticed yet."""
        return self._popen is not None

    def start(self) -> None:
        """Start it, its output into a pipe that never blocks the reader."""
        self.start_at = None
        shim = [sys.executable, "-I", str(CHILD), str(os.getpid())]
        self._popen = subprocess.Popen(  # noqa: S603 - our own commands
            [*shim, *self.program.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self._inherited,
            env=self.program.full_environment(),
        )
        os.set_blocking(self.output, False)

    def has_ended(self) -> bool:
        """Say whether the process ended; its number stays taken until `bury`."""
        wanted = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._running().pid, wanted) is not None

    def bury(self) -> int:
        """Kill what is left of the group and return the exit code."""
        process = self._running()
        self.kill()
        code = process.wait()
        assert process.stdout is not None
        process.stdout.close()
        self._popen = None
        return code

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the program itself, which tells its own children."""
        os.kill(self._running().pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running().pid, signal.SIGKILL)

    def plan_restart(self) -> bool:
        """Note a crash; say whether another start is worth it."""
        now = time.monotonic()
        self._crashes.append(now)
        recent = [moment for moment in self._crashes if now - moment < CRASH_SECONDS]
        if len(recent) >= MOST_CRASHES:
            return False
        self.start_at = now + FIRST_PAUSE_SECONDS * 2 ** (len(recent) - 1)
        return True

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._popen is not None
        return self._popen
