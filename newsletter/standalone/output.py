"""The lines of several programs on one terminal, each with the name of its program."""

import os
import sys
from typing import IO

COLOURS = {"web": 36, "worker": 32, "letters": 34, "beat": 33, "redis": 35}
WIDTH = max(len(name) for name in COLOURS)

#: Said by the queue server at every start and end; a line beside these is worth reading.
NOISE = (
    b"Memory overcommit must be enabled",
    b"oO0OoO0OoO0Oo",
    b", just started",
    b"Configuration loaded",
    b"Server initialized",
    b"scheduling shutdown",
    b"User requested shutdown",
    b"is now ready to exit",
)


class Output:
    """Writes whole lines and flushes each, so that a pipe shows them at once."""

    def __init__(self, stream: IO[bytes] | None = None) -> None:
        self._stream = stream or sys.stdout.buffer
        self._coloured = self._stream.isatty()
        self._rests: dict[str, bytes] = {}
        #: Nobody reads any more: `make run | tee log` was interrupted, and tee ended first.
        self.is_lost = False

    def say(self, text: str) -> None:
        """Write a line of our own."""
        self._write(text.encode())

    def take(self, name: str, received: bytes) -> None:
        """Write the whole lines among `received`; keep the rest until its end arrives."""
        *lines, rest = (self._rests.get(name, b"") + received).split(b"\n")
        self._rests[name] = rest
        for line in lines:
            self._write_line(name, line.rstrip())

    def finish(self, name: str) -> None:
        """Write the last line of a program that ended, though it lacks its end."""
        self._write_line(name, self._rests.pop(name, b"").rstrip())

    def _write_line(self, name: str, line: bytes) -> None:
        if line and not any(noise in line for noise in NOISE):
            self._write(self._prefix(name) + line)

    def _prefix(self, name: str) -> bytes:
        plain = f"{name:<{WIDTH}} | "
        colour = COLOURS.get(name, 0)
        return (f"\x1b[{colour}m{plain}\x1b[0m" if self._coloured else plain).encode()

    def _write(self, line: bytes) -> None:
        if self.is_lost:
            return
        try:
            self._stream.write(line + b"\n")
            self._stream.flush()
        except BrokenPipeError:
            self.is_lost = True
            self._let_go()

    def _let_go(self) -> None:
        """Lead what is buffered nowhere, or Python would complain about it at its own end."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
