"""The supervisor restarts what dies, gives up on what keeps dying, and insists when it stops."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.standalone import process
from newsletter.standalone.output import Output
from newsletter.standalone.programs import Program
from newsletter.standalone.supervisor import Supervisor

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.BytesIO]:
    """What the supervisor wrote; signals and pauses are as before at the end."""
    monkeypatch.setattr(process, "FIRST_PAUSE_SECONDS", 0.01)
    before = {number: signal.getsignal(number) for number in HANDLED}
    yield io.BytesIO()
    for number, handler in before.items():
        signal.signal(number, handler)


def python(name: str, code: str, *, rank: int = 1, seconds: float = 5) -> Program:
    """Return a program of one line."""
    return Program(name, [sys.executable, "-c", code], stop_rank=rank, stop_seconds=seconds)


def interrupt_after(seconds: float) -> None:
    """Press Ctrl-C a little later."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


def run(said: io.BytesIO, *programs: Program, until: bytes = b"") -> int:
    """Run programs until `until` was said, then ask for the end."""
    with Supervisor(Output(said), inherited=()) as supervisor:
        for program in programs:
            supervisor.start(program)

        def enough() -> bool:
            if until and until in said.getvalue():
                os.kill(os.getpid(), signal.SIGINT)
                return True
            return False

        return supervisor.run(enough)


def test_a_program_that_keeps_dying_ends_everything(said: io.BytesIO) -> None:
    code = run(
        said,
        python("web", "import time; time.sleep(60)"),
        python("worker", "print('I cannot'); raise SystemExit(3)"),
    )
    text = said.getvalue().decode()
    assert code == 1
    assert text.count("worker  | I cannot\n") == 5
    assert text.count("worker ended unexpectedly (code 3); it starts again.") == 4
    assert "worker ended 5 times within 30 seconds, so everything stops" in text


def test_a_line_is_shown_as_soon_as_it_is_whole_with_the_name_of_its_program(
    said: io.BytesIO,
) -> None:
    code = "import sys, time; sys.stdout.write('one\\ntw'); sys.stdout.flush(); time.sleep(60)"
    run(said, python("web", code), until=b"one\n")
    assert said.getvalue().decode() == "web     | one\nweb     | tw\n"


def test_programs_are_stopped_one_after_the_other_by_rank(said: io.BytesIO) -> None:
    code = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit())); "
        "print('up', flush=True); time.sleep(60)"
    )
    programs = [python("redis", code, rank=4), python("worker", code, rank=3), python("web", code)]

    with Supervisor(Output(said), inherited=()) as supervisor:
        for program in programs:
            supervisor.start(program)

        def all_up() -> bool:
            if said.getvalue().count(b"up") == 3:
                os.kill(os.getpid(), signal.SIGTERM)
                return True
            return False

        assert supervisor.run(all_up) == 0
    lines = said.getvalue().decode().splitlines()[-3:]
    assert [line.split()[0] for line in lines] == ["web", "worker", "redis"]


def test_a_program_that_ignores_the_request_is_killed_with_its_children(said: io.BytesIO) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "child = os.fork(); print(child or '', flush=True); time.sleep(60)"
    )
    begun = time.monotonic()
    run(said, python("worker", code, seconds=0.5), until=b"worker  | ")
    assert time.monotonic() - begun < 20
    child = int(said.getvalue().split()[2])
    with pytest.raises(ProcessLookupError):
        for _ in range(50):
            os.kill(child, 0)
            time.sleep(0.1)


def test_a_second_request_does_not_wait(said: io.BytesIO) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(60)"
    )
    begun = time.monotonic()
    interrupt_after(3)
    run(said, python("worker", code, seconds=60), until=b"up")
    assert time.monotonic() - begun < 30


def test_an_end_that_nobody_reads_is_orderly_all_the_same(said: io.BytesIO, tmp_path: Path) -> None:
    read, write = os.pipe()
    note = tmp_path / "note"
    code = (
        "import pathlib, signal, sys, time; "
        f"note = pathlib.Path({str(note)!r}); "
        "signal.signal(signal.SIGTERM, lambda *_: (note.write_text('bye'), sys.exit())); "
        "print('up', flush=True); time.sleep(60)"
    )
    os.close(read)
    with open(write, "wb") as pipe, Supervisor(Output(pipe), inherited=()) as supervisor:
        supervisor.start(python("worker", code))
        assert supervisor.run(lambda: False) == 0
    assert note.read_text() == "bye"
