"""How long a confirmation mail takes while a digest runs, with workers as production has them."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import sqlalchemy as sa

from bench.installation import Installation, installation
from bench.programs import CannotMeasure, running, wait_until
from bench.seeding import MAIL_OCTETS, add_article, add_publication, add_readers, start_digest
from bench.services import Services
from bench.sinks import any_sink
from bench.table import Finding, Goal
from newsletter.clock import utc_now
from newsletter.deliveries.control import pause_digest, resume_digest
from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    Letter,
    LetterState,
    Source,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.signup import sign_up
from newsletter.unit_of_work import unit_of_work

MOST_SECONDS = 2.0
CONNECTIONS = 10

#: Signups come at this pace, whether or not earlier ones were answered.
EVERY_SECONDS, POLL_SECONDS = 0.25, 0.01
MOST_LETTERS, READERS_PER_LETTER = 120, 1_000

#: Queues of the two workers, so that a letter waits for letters only.
LETTERS, OTHERS = "letters", "deliveries,digests,articles,upkeep"
START_SECONDS, LETTER_SECONDS = 300.0, 120.0


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Sign readers up while a digest runs and while it is paused, in turns."""
    letters = min(max(size // READERS_PER_LETTER, 5), MOST_LETTERS)
    with installation(services) as installed, any_sink(services.folder) as sink:
        publication_id = add_publication()
        add_readers(publication_id, size)
        add_article(publication_id)
        with _workers(installed, smtp_url=sink.url(connections=CONNECTIONS)):
            _latencies(publication_id, 1, "warm")  # until the workers are up
            digest_id = start_digest(publication_id)
            fanning = _latencies(publication_id, letters, "fan")
            found = _in_turns(digest_id, publication_id, letters, rounds)
    busy = [*fanning, *found["running"]]
    return Finding(
        title="Confirmation mails while a digest runs",
        columns=("the digest is", "letters", "median, s", "p99, s", "longest, s"),
        rows=[
            _row("started and fanned out", fanning),
            *[_row(word, latencies) for word, latencies in found.items()],
        ],
        goals=[
            Goal(
                f"confirmation mail while a digest of {size:,} runs",
                f"p99 ≤ {MOST_SECONDS:.0f} s",
                f"{_p99(busy):.2f} s",
                _p99(busy) <= MOST_SECONDS if found["running"] else None,
            )
        ],
        notes=[
            f"A signup every {EVERY_SECONDS} s, from before its transaction to its letter's row "
            f"being `sent`, seen within {POLL_SECONDS * 1000:.0f} ms. One Celery worker with one "
            f"process for the queue `{LETTERS}`, one with one process for all others, one relay "
            f"for both; digest mails of {MAIL_OCTETS:,} octets.",
        ],
    )


@contextmanager
def _workers(installed: Installation, *, smtp_url: str) -> Iterator[None]:
    options = ["--concurrency", "1", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "-A", "workers", "-q", "worker", *options]
    environment = installed.environment(smtp_url=smtp_url)

    def worker(queues: str, name: str) -> list[str]:
        return [*command, "-Q", queues, "-n", f"{name}@%h"]

    log = installed.folder / "workers.log"
    with (
        running(worker(LETTERS, "letters"), log=log, environment=environment),
        running(worker(OTHERS, "others"), log=log, environment=environment),
    ):
        yield


def _in_turns(
    digest_id: int, publication_id: int, letters: int, rounds: int
) -> dict[str, list[float]]:
    """Return the latencies by what the digest was doing; none `running` if it was sent too soon."""
    found: dict[str, list[float]] = {"running": [], "paused": []}
    wait_until(
        lambda: _digest(digest_id).fanned_out_at is not None,
        seconds=START_SECONDS,
        what="the fan-out",
    )
    for number in range(rounds):
        if _digest(digest_id).state is DigestState.SENDING:
            found["running"] += _latencies(publication_id, letters, f"running{number}")
        _change(digest_id, lambda digest: pause_digest(digest=digest, now=utc_now()))
        wait_until(lambda: _idle(digest_id), seconds=60, what="the pause")
        found["paused"] += _latencies(publication_id, letters, f"paused{number}")
        _change(digest_id, lambda digest: resume_digest(digest=digest, now=utc_now()))
    _change(digest_id, lambda digest: pause_digest(digest=digest, now=utc_now()))
    return found


def _latencies(publication_id: int, letters: int, name: str) -> list[float]:
    """Sign up so many readers at a steady pace; return how long each letter took."""
    begun: dict[str, float] = {}
    taken: dict[str, float] = {}
    next_at = time.perf_counter()
    give_up = next_at + letters * EVERY_SECONDS + LETTER_SECONDS
    while len(taken) < letters:
        if len(begun) < letters and time.perf_counter() >= next_at:
            address = f"{name}-{len(begun)}@example.net"
            begun[address] = time.perf_counter()
            _sign_up(publication_id, address)
            next_at += EVERY_SECONDS
        for address in _sent(name) - taken.keys():
            taken[address] = time.perf_counter() - begun[address]
        if time.perf_counter() > give_up:
            raise CannotMeasure(f"{letters - len(taken)} of {letters} letters were never sent")
        time.sleep(POLL_SECONDS)
    return list(taken.values())


def _sign_up(publication_id: int, address: str) -> None:
    with unit_of_work() as session:
        sign_up(
            publication=session.get_one(Publication, publication_id),
            email=address,
            cadence=None,
            topics=(),
            name="",
            request=RequestEvidence(source=Source.PAGE),
            now=utc_now(),
        )


def _sent(name: str) -> set[str]:
    rows = db.session.scalars(
        sa.select(Subscriber.email_key)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .join(Letter, Letter.subscription_id == Subscription.id)
        .where(Letter.state == LetterState.SENT, Subscriber.email_key.startswith(f"{name}-"))
    )
    found = set(rows)
    db.session.rollback()
    return found


def _digest(digest_id: int) -> Digest:
    db.session.rollback()
    return db.session.get_one(Digest, digest_id)


def _idle(digest_id: int) -> bool:
    db.session.rollback()
    leased = sa.exists().where(Batch.digest_id == digest_id, Batch.state == BatchState.LEASED)
    return not db.session.scalar(sa.select(leased))


def _change(digest_id: int, act: Callable[[Digest], None]) -> None:
    """Pause or resume, as long as the digest is not finished."""
    if _digest(digest_id).state is DigestState.SENDING:
        with unit_of_work() as session:
            act(session.get_one(Digest, digest_id))


def _row(word: str, latencies: list[float]) -> list[str]:
    if not latencies:
        return [word, "0", "", "", ""]
    figures = (median(latencies), _p99(latencies), max(latencies))
    return [word, str(len(latencies)), *[f"{one:.2f}" for one in figures]]


def _p99(latencies: list[float]) -> float:
    """Return the smallest latency that 99 of 100 do not exceed."""
    ranked = sorted(latencies)
    return ranked[max(-(-len(ranked) * 99 // 100) - 1, 0)]
