"""Shutting down: every process of the pool hears of it, whatever became of the others."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from workers import shutdown

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def _not_shutting_down() -> Iterator[None]:
    yield
    shutdown._shutting_down.value = 0


def _ask_for_ever() -> None:
    while True:
        shutdown.is_shutting_down()


def test_processes_killed_while_they_ask_hold_nobody_up() -> None:
    for _ in range(10):
        process = FORK.Process(target=_ask_for_ever)
        process.start()
        time.sleep(0.02)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    answers: list[bool] = []
    asking = threading.Thread(
        target=lambda: answers.append(shutdown.is_shutting_down()), daemon=True
    )
    asking.start()
    asking.join(5)
    assert answers == [False]


def test_a_process_of_the_pool_hears_of_it() -> None:
    hears, says = FORK.Pipe(duplex=False)

    def wait() -> None:
        while not shutdown.is_shutting_down():
            time.sleep(0.01)
        says.send("heard")

    process = FORK.Process(target=wait)
    process.start()
    assert not hears.poll(0.1)
    shutdown._remember()
    assert hears.poll(5)
    process.join()
