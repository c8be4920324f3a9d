"""One digest to a million readers, and the memory of every process written down on the way."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from bench.installation import Installation, installation
from bench.processes import KINDS, memory_by_kind
from bench.programs import CannotMeasure, free_port, running, wait_until
from bench.seeding import MAIL_OCTETS, add_article, add_publication, add_readers, start_digest
from bench.services import Services
from bench.sinks import any_sink
from bench.table import Finding, Goal
from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db

WORKER = "worker for digests"
CONNECTIONS, WORKER_PROCESSES = 10, 2
MOST_MEGABYTES, MOST_GROWTH = 200.0, 1.10
EVERY_SECONDS, START_SECONDS = 1.0, 120.0
#: How many there are of each kind once all have started; the first of a worker is its parent.
STARTED = {"web": 2, WORKER: 1 + WORKER_PROCESSES, "worker for letters": 3, "scheduler": 1}
#: Slower than this, in mails a second, and the measure gives up.
SLOWEST = 200


@dataclass(frozen=True)
class _Sample:
    """One look: how much of the digest was done, 0 to 1, and the memory of each kind in MB."""

    share: float
    memory: dict[str, list[float]]

    def of(self, kind: str) -> float:
        return sum(self.memory.get(kind, []))


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Send one digest by the processes of production; more rounds would show the same."""
    with installation(services) as installed, any_sink(services.folder) as sink:
        publication_id = add_publication()
        add_readers(publication_id, size)
        add_article(publication_id)
        with _processes(installed, smtp_url=sink.url(connections=CONNECTIONS)):
            wait_until(_all_started, seconds=START_SECONDS, what="the start of all processes")
            samples = [_Sample(0.0, memory_by_kind())]
            digest_id = start_digest(publication_id)
            started = time.perf_counter()
            samples += _watch(digest_id, within=60 + size / SLOWEST)
            seconds = time.perf_counter() - started
    return Finding(
        title="The memory of every process over one digest",
        columns=("process", "how many", "before", *_MOMENTS, "peak, MB"),
        rows=[_row(kind, samples) for kind, _ in KINDS],
        goals=[_goal(samples, size)],
        notes=[
            f"{size:,} readers, mails of {MAIL_OCTETS:,} octets, from the wish to `sent` in "
            f"{seconds:,.0f} s, fan-out included, beside the sink on the same processors. All "
            "processes of a kind together, in MB of proportional set size, a look each second.",
            "PostgreSQL's share grows with the pages of its cache that were touched, up to "
            "`shared_buffers`.",
        ],
    )


_MOMENTS = ("fan-out", "a quarter sent", "half sent", "three quarters", "sent")


@contextmanager
def _processes(installed: Installation, *, smtp_url: str) -> Iterator[None]:
    """Run web, both workers and the scheduler as docs/operating.md has them."""
    environment = installed.environment(smtp_url=smtp_url)
    celery = [sys.executable, "-m", "celery", "-A", "workers", "-q"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle"]
    queues = "articles,deliveries,digests,upkeep"
    web = ["--worker-class", "gthread", "--threads", "8", "--no-control-socket", "wsgi:app"]
    commands = [
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{free_port()}", *web],
        [*worker, "-n", "digests@%h", "-Q", queues, "--concurrency", str(WORKER_PROCESSES)],
        [*worker, "-n", "letters@%h", "-Q", "letters", "--concurrency", "2"],
        [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="],
    ]
    log = installed.folder / "processes.log"
    with ExitStack() as stack:
        for command in commands:
            stack.enter_context(running(command, log=log, environment=environment))
        yield


def _all_started() -> bool:
    found = memory_by_kind()
    return all(len(found.get(kind, [])) >= count for kind, count in STARTED.items())


def _watch(digest_id: int, *, within: float) -> Iterator[_Sample]:
    give_up = time.monotonic() + within
    while (share := _share_done(digest_id)) < 1:
        if time.monotonic() > give_up:
            raise CannotMeasure(f"after {within:.0f} s {share:.0%} was sent")
        yield _Sample(share, memory_by_kind())
        time.sleep(EVERY_SECONDS)
    yield _Sample(1.0, memory_by_kind())


def _share_done(digest_id: int) -> float:
    """Return the share of batches that are done, 1 only for a digest that is sent."""
    db.session.rollback()
    digest = db.session.get_one(Digest, digest_id)
    done = sa.func.count().filter(Batch.state == BatchState.DONE)
    counts = sa.select(done, sa.func.count()).where(Batch.digest_id == digest_id)
    finished, total = db.session.execute(counts).one()
    state, fanned_out = digest.state, digest.fanned_out_at is not None
    db.session.rollback()
    if state is DigestState.SENT:
        return 1.0
    return min(finished / total, 0.999) if fanned_out and total else 0.0


def _row(kind: str, samples: list[_Sample]) -> list[str]:
    fan_out = [sample for sample in samples[1:] if sample.share == 0] or samples[:1]
    moments = [
        max(sample.of(kind) for sample in fan_out),
        *[_at(share, samples).of(kind) for share in (0.25, 0.5, 0.75, 1.0)],
    ]
    peak = max(sample.of(kind) for sample in samples)
    figures = [samples[0].of(kind), *moments, peak]
    return [kind, str(len(samples[-1].memory.get(kind, []))), *[f"{one:.0f}" for one in figures]]


def _at(share: float, samples: list[_Sample]) -> _Sample:
    return next(sample for sample in samples if sample.share >= share)


def _goal(samples: list[_Sample], size: int) -> Goal:
    """Compare the largest process of the worker in the first and last quarters of the sending."""

    def peak(chosen: list[_Sample]) -> float:
        return max(max(sample.memory.get(WORKER, [0.0])) for sample in chosen)

    early = peak([one for one in samples if 0 < one.share <= 0.25] or samples)
    late = peak([one for one in samples if one.share >= 0.75])
    highest = peak(samples)
    return Goal(
        f"memory of each worker process over {size:,} mails",
        f"flat, ≤ {MOST_MEGABYTES:.0f} MB",
        f"{early:.0f} MB early, {late:.0f} MB late, {highest:.0f} MB at most",
        highest <= MOST_MEGABYTES and late <= early * MOST_GROWTH,
    )
