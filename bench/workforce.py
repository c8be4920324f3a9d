"""Worker processes of a measure, started together and asked what they did."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, cast

import sqlalchemy as sa

from bench.installation import Installation
from bench.programs import CannotMeasure
from bench.worker import Report
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.extensions import db
from newsletter.standalone.process import CHILD


@dataclass(frozen=True)
class Sending:
    """A digest that was sent: how many mails, how long from the start to the last row."""

    mails: int
    seconds: float
    reports: list[Report]

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.mails / self.seconds


def send_digest(
    installed: Installation,
    digest_id: int,
    *,
    smtp_url: str,
    workers: int = 1,
    fan_out: bool = True,
    sections: bool = False,
) -> Sending:
    """Send a frozen digest by so many worker processes and check that all of it was sent.

    Raises:
        CannotMeasure: a worker failed, or a delivery is not sent.
    """
    options = ["--fan-out"] * fan_out + ["--sections"] * sections
    command = [
        *(sys.executable, "-I", str(CHILD), str(os.getpid())),  # ends with a killed measure
        *(sys.executable, "-m", "bench.worker", str(digest_id), *options),
    ]
    environment = installed.environment(smtp_url=smtp_url)
    db.session.rollback()  # an open snapshot would keep dead rows alive
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    cwd=installed.folder,
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(workers)
        ]
        for process in processes:
            _expect(process, "ready")
        started = time.perf_counter()
        for process in processes:
            _input(process).write("go\n")
            _input(process).flush()
        reports = [_report(process) for process in processes]
        seconds = time.perf_counter() - started
    return Sending(_sent(digest_id), seconds, reports)


def _expect(process: subprocess.Popen[str], word: str) -> None:
    said = _output(process).readline().strip()
    if said != word:
        raise CannotMeasure(f"a worker said {said!r} and ended with {process.wait()}")


def _report(process: subprocess.Popen[str]) -> Report:
    said = _output(process).readline()
    if not said:
        raise CannotMeasure(f"a worker ended with {process.wait()}; see its words above")
    return Report(**json.loads(said))


def _sent(digest_id: int) -> int:
    rows = db.session.execute(
        sa.select(Delivery.state, sa.func.count())
        .where(Delivery.digest_id == digest_id)
        .group_by(Delivery.state)
    )
    states = {state: count for state, count in rows}
    db.session.rollback()
    if set(states) != {DeliveryState.SENT}:
        raise CannotMeasure(f"deliveries stand at {states}, not all at sent")
    return int(states[DeliveryState.SENT])


def _input(process: subprocess.Popen[str]) -> IO[str]:
    return cast(IO[str], process.stdin)


def _output(process: subprocess.Popen[str]) -> IO[str]:
    return cast(IO[str], process.stdout)
