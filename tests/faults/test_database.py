"""The database killed, read-only, without a free connection and without room (faults 12 to 14)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription
from tests.faults.books import balance, nothing_sent_too_early
from tests.faults.digests import (
    digest_in_batches,
    let_leases_run_out,
    wait_until_nobody_sends,
    wait_until_sent,
)
from tests.faults.readers import (
    confirmed_reader,
    leave,
    letters_waiting,
    open_a_publication,
    sign_up,
)
from tests.faults.servers import PostgresServer
from tests.faults.service import Answer, Service
from tests.faults.sizes import PROCESSES, READERS, rounds

pytestmark = pytest.mark.fault


def is_told_to_come_back(answer: Answer) -> bool:
    """Whether an answer says that the trouble passes; mail programs and senders then repeat."""
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


def test_a_killed_database_delays_a_digest_and_the_worker_comes_back(
    service: Service, postgres: PostgresServer
) -> None:
    digest = digest_in_batches(READERS)
    open_a_publication()
    db.session.remove()
    service.start("web", "worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    service.wait_for_pages()
    at_risk = 0
    for death in range(1, rounds(3, 1) + 1):
        service.wait_for_mails(death * READERS // (rounds(3, 1) + 1))
        at_risk += PROCESSES
        postgres.kill()
        assert is_told_to_come_back(sign_up(service, "early@example.org"))
        assert is_told_to_come_back(service.ask("/p/harbour"))
        assert service.ask("/healthz").status == 200, "nobody has to restart it"
        postgres.start()
        nothing_sent_too_early(digest, service.ledger)
        service.wait(lambda: sign_up(service, "late@example.org").status == 200, "a signup")
    wait_until_nobody_sends(service)
    let_leases_run_out()
    wait_until_sent(service, digest)
    service.wait(lambda: letters_waiting() == 0, "the letter")
    assert service.restarts == {}, "no process ended"
    assert service.ledger.take_out("late@example.org") == 1
    balance(digest, service.ledger, readers=READERS, doubled_at_most=at_risk)


@pytest.fixture
def reader(service: Service) -> Subscription:
    """A reader of a service with pages."""
    open_a_publication()
    subscription = confirmed_reader()
    db.session.refresh(subscription)
    db.session.expunge(subscription)
    db.session.remove()
    db.engine.dispose()
    service.start("web")
    service.wait_for_pages()
    return subscription


def name_of_database() -> str:
    name = db.engine.url.database
    assert name
    return name


def test_a_database_that_only_reads_shows_pages_and_asks_writers_to_come_back(
    service: Service, postgres: PostgresServer, reader: Subscription
) -> None:
    name = name_of_database()
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    postgres.hang_up(name)
    assert service.ask("/p/harbour").status == 200
    assert is_told_to_come_back(sign_up(service, "early@example.org"))
    assert is_told_to_come_back(leave(service, reader))
    postgres.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    postgres.hang_up(name)
    assert sign_up(service, "late@example.org").status == 200
    assert leave(service, reader).status == 200


def test_a_database_without_a_free_connection_asks_everybody_to_come_back(
    service: Service, postgres: PostgresServer, reader: Subscription
) -> None:
    with no_connection_left(postgres, name_of_database()):
        assert is_told_to_come_back(service.ask("/p/harbour"))
        assert is_told_to_come_back(sign_up(service, "early@example.org"))
        assert is_told_to_come_back(leave(service, reader))
        assert service.ask("/healthz").status == 200
        assert service.ask("/readyz").status == 503
    assert sign_up(service, "late@example.org").status == 200
    assert leave(service, reader).status == 200


@contextmanager
def no_connection_left(postgres: PostgresServer, name: str) -> Iterator[None]:
    """Take every connection that the server gives, those kept for its owner included."""
    engine = sa.create_engine(postgres.url(), poolclass=sa.NullPool)
    taken: list[sa.Connection] = []
    postgres.hang_up(name)
    try:
        while len(taken) < 2 * postgres.MAX_CONNECTIONS:
            try:
                taken.append(engine.connect())
            except sa.exc.OperationalError:
                break
        yield
    finally:
        for connection in taken:
            connection.close()
