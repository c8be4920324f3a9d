"""Keeps the programs running, shows their output, and stops them in order."""

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from newsletter.standalone.output import Output
from newsletter.standalone.process import CRASH_SECONDS, MOST_CRASHES, Process
from newsletter.standalone.programs import Program

#: How often to look around when nothing happens.
TICK_SECONDS = 0.2

#: Signals closer together than this are one request.
ONE_REQUEST_SECONDS = 0.5

#: Called at each look until it says True.
Awaited = Callable[[], bool]


class Supervisor:
    """One thread: a process whose starting thread ends would be told that its parent died."""

    def __init__(self, output: Output, *, inherited: tuple[int, ...]) -> None:
        self._output = output
        self._inherited = inherited
        self._processes: list[Process] = []
        self._requests = 0
        self._asked_at = float("-inf")
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()

    def __enter__(self) -> Self:
        """Take over the signals that ask for the end."""
        for end in (self._waker, self._woken):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake up
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every program, whatever happened."""
        self._stop_all()
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._waker.close()
        self._woken.close()

    @property
    def must_stop(self) -> bool:
        """Whether somebody asked for the end, or nobody reads any more."""
        return self._requests > 0 or self._output.is_lost

    def start(self, program: Program) -> None:
        """Start a program."""
        process = Process(program, inherited=self._inherited)
        self._processes.append(process)
        self._launch(process)

    def run(self, awaited: Awaited) -> int:
        """Watch until somebody asks for the end (0) or a program keeps crashing (1)."""
        waiting = True
        while not self.must_stop:
            self._look(TICK_SECONDS)
            if not all(self._revive(process) for process in self._processes):
                return 1
            if waiting:
                waiting = not awaited()
        return 0

    def _note_signal(self, *_: Any) -> None:
        """Count requests; make and `timeout` pass one on several times at once."""
        now = time.monotonic()
        self._requests += now - self._asked_at >= ONE_REQUEST_SECONDS
        self._asked_at = now

    def _launch(self, process: Process) -> None:
        process.start()
        self._selector.register(process.output, selectors.EVENT_READ, process)

    def _look(self, seconds: float) -> None:
        """Pass on what the programs say, for at most `seconds`."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            else:
                self._pass_on(key.data)

    def _pass_on(self, process: Process) -> None:
        try:
            received = os.read(process.output, 65536)
        except BlockingIOError:
            return
        if received:
            self._output.take(process.name, received)
        else:
            self._selector.unregister(process.output)

    def _revive(self, process: Process) -> bool:
        """Start a program again that ended; say False when that has become pointless."""
        if process.is_running and process.has_ended():
            code = self._bury(process)
            if not process.plan_restart():
                self._output.say(
                    f"{process.name} ended {MOST_CRASHES} times within {CRASH_SECONDS:.0f} "
                    "seconds, so everything stops; its lines above say why."
                )
                return False
            self._output.say(f"{process.name} ended unexpectedly (code {code}); it starts again.")
        elif process.start_at is not None and process.start_at <= time.monotonic():
            self._launch(process)
        return True

    def _bury(self, process: Process) -> int:
        self._pass_on_rest(process)
        return process.bury()

    def _pass_on_rest(self, process: Process) -> None:
        """Read what a finished program still said."""
        if process.output in self._selector.get_map():
            with contextlib.suppress(BlockingIOError):
                while received := os.read(process.output, 65536):
                    self._output.take(process.name, received)
            self._selector.unregister(process.output)
        self._output.finish(process.name)

    def _stop_all(self) -> None:
        for process in sorted(self._processes, key=lambda one: one.program.stop_rank):
            if process.is_running:
                self._stop(process)

    def _stop(self, process: Process) -> None:
        """Ask, wait, insist. Another signal means that nobody wants to wait."""
        give_up = time.monotonic() + process.program.stop_seconds
        process.ask_to_stop()
        while not process.has_ended():
            if time.monotonic() > give_up or self._requests > 1:
                process.kill()
            self._look(TICK_SECONDS)
        self._bury(process)
