"""kill -9 on the whole worker, in the middle of a digest: every reader gets it once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter import create_app
from newsletter.clock import utc_now
from newsletter.config import Settings
from newsletter.deliveries.models import Batch, BatchState
from newsletter.deliveries.progress import progress
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.faults.ledger_server import LedgerServer

PROJECT = Path(__file__).parents[2]
READERS = int(os.environ.get("FAULT_READERS", "10000"))
KILLS = 3
#: Two pool processes, one connection each.
CONNECTIONS = 2


@pytest.fixture
def service(session_settings: Settings, app: Flask) -> Iterator[tuple[Flask, LedgerServer, dict]]:
    """The application over a mail server with a ledger, and the environment of its worker."""
    with LedgerServer() as ledger:
        changed = {"smtp_url": f"smtp://127.0.0.1:{ledger.port}"}
        sending = create_app(session_settings.model_copy(update=changed), pages=False)
        environment = {
            **os.environ,
            "DATABASE_URL": session_settings.database_url,
            "REDIS_URL": session_settings.redis_url,
            "SECRET_KEY": session_settings.secret_key,
            "SMTP_URL": changed["smtp_url"],
            "VAR_DIR": str(session_settings.var_dir),
            "LOG_LEVEL": "WARNING",
        }
        yield sending, ledger, environment


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker in a process group of its own; gone at the end, whatever happened."""
    command = [sys.executable, "-m", "celery", "-A", "workers", "-q", "worker"]
    options = ["--concurrency", str(CONNECTIONS), "--without-gossip", "--without-mingle"]
    process = subprocess.Popen(
        [*command, *options], cwd=PROJECT, env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        kill_hard(process)


def kill_hard(process: subprocess.Popen[bytes]) -> None:
    """kill -9 for the worker and every process of its pool."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(10)


def many_readers(publication_id: int) -> None:
    """Store confirmed daily readers, in one statement each."""
    now = utc_now()
    people = [
        {
            "email": f"reader{number}@example.org",
            "email_key": f"reader{number}@example.org",
            "address_hash": f"{number:064}",
            "created_at": now,
        }
        for number in range(READERS)
    ]
    with unit_of_work() as session:
        session.execute(sa.insert(Subscriber), people)
        columns = {
            "subscriber_id": Subscriber.id,
            "publication_id": sa.literal(publication_id),
            "state": sa.literal(SubscriptionState.CONFIRMED.value),
            "cadence": sa.literal(Cadence.DAILY.value),
            "created_at": Subscriber.created_at,
            "signed_up_at": Subscriber.created_at,
        }
        everyone = sa.select(*columns.values())
        session.execute(sa.insert(Subscription).from_select(list(columns), everyone))


def wait_for(ledger: LedgerServer, count: int, *, seconds: float) -> None:
    """Wait until the ledger holds so many mails."""
    until = time.monotonic() + seconds
    while sum(ledger.accepted.values()) < count and time.monotonic() < until:
        time.sleep(0.02)


def started_digest() -> Digest:
    """Start a digest of one article to all the readers."""
    make = Make()
    publication = make.publication()
    make.article(publication=publication)
    many_readers(publication.id)
    with unit_of_work():
        digest = draft_by_hand(publication_id=publication.id, cadence=Cadence.DAILY, now=utc_now())
    with unit_of_work():
        send_now(digest=digest)
    return digest


def wait_until_sent(digest: Digest) -> None:
    """Wait until every delivery is final."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        db.session.rollback()
        if db.session.get_one(Digest, digest.id).state is DigestState.SENT:
            return
        time.sleep(0.5)
    raise AssertionError("the digest did not come to its end")


def let_a_minute_pass() -> None:
    """Do what a minute would: the dead holder's lease expires and the sweeper comes round."""
    with unit_of_work() as session:
        past = utc_now() - timedelta(seconds=1)
        leased = sa.update(Batch).where(Batch.state == BatchState.LEASED)
        session.execute(leased.values(lease_until=past))
    with unit_of_work():
        sweep_batches(now=utc_now())


@pytest.mark.fault
def test_every_reader_gets_the_digest_although_the_worker_is_killed_three_times(
    service: tuple[Flask, LedgerServer, dict[str, str]],
) -> None:
    sending, ledger, environment = service
    with sending.app_context():
        digest = started_digest()
        for kill in range(1, KILLS + 1):
            with worker(environment) as process:
                moment = kill * READERS // (KILLS + 1) + random.randrange(READERS // 20)
                wait_for(ledger, moment, seconds=120)
                assert sum(ledger.accepted.values()) >= moment, "the digest did not move"
                kill_hard(process)
            db.session.rollback()
            assert db.session.get_one(Digest, digest.id).state is DigestState.SENDING
            let_a_minute_pass()

        with worker(environment):
            wait_until_sent(digest)
        shown = progress(db.session.get_one(Digest, digest.id), now=utc_now())
        assert len(ledger.recipients) == READERS, "nobody is lost"
        assert len(ledger.accepted) == READERS, "a repeated mail has the same Message-ID"
        assert ledger.surplus <= KILLS * CONNECTIONS, "at most the mails in flight are doubled"
        assert (shown.sent, shown.queued, shown.deferred, shown.failed) == (READERS, 0, 0, 0)
        print(f"doubled: {ledger.surplus} of {READERS}")


@pytest.mark.fault
def test_a_worker_asked_to_stop_finishes_what_is_in_flight_and_doubles_nothing(
    service: tuple[Flask, LedgerServer, dict[str, str]],
) -> None:
    sending, ledger, environment = service
    with sending.app_context():
        digest = started_digest()
        for stop in (1, 2, 3):
            with worker(environment) as process:
                wait_for(ledger, stop * READERS // 5, seconds=120)
                process.terminate()
                assert process.wait(20) == 0
            with unit_of_work():
                sweep_batches(now=utc_now())
        with worker(environment):
            wait_until_sent(digest)
        assert len(ledger.recipients) == READERS
        assert ledger.surplus == 0
