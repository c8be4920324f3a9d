"""One worker process of a measure: sends a digest batch by batch and tells what it cost.

    python -m bench.worker DIGEST_ID [--fan-out] [--sections]

Settings come from the environment. Says `ready`, waits for a line, works until no batch of the
digest is queued, and prints a `Report` as JSON.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import sqlalchemy as sa

from bench.sections import STAMPING, Sections, measured
from newsletter import create_app
from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.content import DigestMails
from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.models import Batch, BatchState
from newsletter.deliveries.send import send_batch
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer, open_mailer

#: A queued batch that is not due for so long waits for something a measure did not ask for.
PATIENCE_SECONDS = 5.0


@dataclass
class Report:
    """What one worker process did, in seconds and megabytes."""

    fan_out_seconds: float = 0.0
    send_seconds: float = 0.0
    fan_out_cpu: float = 0.0
    send_cpu: float = 0.0
    sections: dict[str, float] = field(default_factory=dict)  # processor time, with --sections
    memory: list[float] = field(default_factory=list)  # resident, after each batch
    memory_peak: float = 0.0


def work(digest_id: int, *, with_fan_out: bool, with_sections: bool) -> Report:
    """Do the work of one worker process and report it."""
    report = Report()
    sections = Sections()
    mailer = open_mailer(smtp_url=settings.smtp_url, outbox_folder=None)
    if with_sections:
        mailer = measured(mailer, sections)
        stamped = sections.timed(STAMPING, DigestMails.mail_to)
        DigestMails.mail_to = stamped  # type: ignore[method-assign]
    before, cpu_before = time.perf_counter(), time.process_time()
    if with_fan_out:
        fan_out(digest_id=digest_id, now=utc_now())
    between, cpu_between = time.perf_counter(), time.process_time()
    _send_all(digest_id, mailer, report)
    report.fan_out_seconds, report.fan_out_cpu = between - before, cpu_between - cpu_before
    report.send_seconds = time.perf_counter() - between
    report.send_cpu = time.process_time() - cpu_between
    report.sections = sections.seconds() if with_sections else {}
    report.memory_peak = _megabytes("VmHWM")
    return report


def _send_all(digest_id: int, mailer: Mailer, report: Report) -> None:
    waits_since: float | None = None
    while (queued := _next_batch(digest_id)) is not None:
        batch_id, note = queued
        if send_batch(batch_id=batch_id, mailer=mailer, clock=utc_now) is not None:
            report.memory.append(_megabytes("VmRSS"))
            waits_since = None
            continue
        waits_since = waits_since or time.monotonic()
        if time.monotonic() - waits_since > PATIENCE_SECONDS:
            sys.exit(f"Batch {batch_id} waits: {note or 'not all of its mails were accepted'}")
        time.sleep(0.01)  # another worker was quicker, or it is not due yet


def _next_batch(digest_id: int) -> tuple[int, str] | None:
    db.session.rollback()
    queued = (
        sa.select(Batch.id, Batch.note)
        .where(Batch.digest_id == digest_id, Batch.state == BatchState.QUEUED)
        .order_by(Batch.next_attempt_at, Batch.id)
        .limit(1)
    )
    row = db.session.execute(queued).one_or_none()
    db.session.rollback()
    return (row[0], row[1]) if row else None


def _megabytes(name: str) -> float:
    """Read a figure of this process from the kernel."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Read the command line, wait for the start, work, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("digest_id", type=int)
    parser.add_argument("--fan-out", action="store_true")
    parser.add_argument("--sections", action="store_true")
    asked = parser.parse_args()
    with create_app(pages=False).app_context():
        print("ready", flush=True)
        if not sys.stdin.readline():
            sys.exit("The measure ended before the start.")
        report = work(asked.digest_id, with_fan_out=asked.fan_out, with_sections=asked.sections)
        print(json.dumps(asdict(report)), flush=True)


if __name__ == "__main__":
    main()
