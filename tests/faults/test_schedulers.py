"""No scheduler, two schedulers, and clocks that differ by hours (faults 3, 4 and 22)."""

from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.digests.models import Digest
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.faults.books import balance
from tests.faults.digests import NOWHERE, add_readers, digest_in_batches, wait_until_sent
from tests.faults.readers import letters_waiting, open_a_publication, sign_up
from tests.faults.servers import PostgresServer
from tests.faults.service import Service
from tests.faults.sizes import READERS, WHOLE, rounds, takes_minutes

pytestmark = pytest.mark.fault

TWO_HOURS = 7200

#: Nobody counts on the scheduler or on messages: the rows alone say what is due.
TIMER = {} if WHOLE else {"ALTERED_PERIOD_SECONDS": "6"}


def publication_with_digest_at(slot: datetime, *, readers: int) -> int:
    """Make a publication whose first daily digest falls due at a moment; return its id."""
    make = Make()
    publication = make.publication(
        created_at=utc_now() - timedelta(minutes=10), send_at=time(slot.hour, slot.minute)
    )
    make.article(publication=publication, link=NOWHERE)
    add_readers(publication.id, readers)
    publication_id: int = publication.id
    return publication_id


def digests_of(publication_id: int) -> list[int]:
    """Return the ids of the daily digests of a publication."""
    db.session.rollback()
    statement = sa.select(Digest.id).where(Digest.publication_id == publication_id)
    statement = statement.where(Digest.cadence == Cadence.DAILY)
    found = list(db.session.scalars(statement))
    db.session.rollback()
    return found


def test_without_a_scheduler_work_goes_on(service: Service) -> None:
    """Half of it is asked for by the workers' own clock alone: every message is lost."""
    open_a_publication()
    service.start("web")
    service.start("worker", **TIMER)
    service.wait_for_pages()
    service.wait_for_worker()
    for number in range(rounds(5, 1)):
        assert sign_up(service, f"early{number}@example.org").status == 200
        service.queue.flush()
        service.wait(lambda: letters_waiting() == 0, "the letter")
        assert service.ledger.take_out(f"early{number}@example.org") == 1
    due = publication_with_digest_at(utc_now() - timedelta(minutes=5), readers=READERS)
    service.wait(lambda: bool(digests_of(due)), "the digest that is due")
    (digest,) = digests_of(due)
    service.queue.flush()
    wait_until_sent(service, digest, within=300)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


def test_two_schedulers_start_each_digest_once(service: Service) -> None:
    due = publication_with_digest_at(utc_now() - timedelta(minutes=5), readers=READERS)
    service.start("worker")
    service.start("beat", "beat-2", ALTERED_PERIOD_SECONDS="1")
    service.wait(lambda: bool(digests_of(due)), "the digest that is due")
    for _ in range(rounds(10, 1)):
        wait_until_sent(service, digests_of(due)[0])
        service.wait_for_worker()
    (digest,) = digests_of(due)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(TWO_HOURS, id="ahead"),
        pytest.param(-TWO_HOURS, id="behind", marks=takes_minutes),
    ],
)
def test_a_worker_whose_clock_is_hours_off_doubles_nothing(service: Service, seconds: int) -> None:
    digest = digest_in_batches(READERS)
    service.start("worker")
    service.start("worker-2", ALTERED_CLOCK_SECONDS=str(seconds), ALTERED_PERIOD_SECONDS="6")
    service.start("beat", ALTERED_PERIOD_SECONDS="3")
    wait_until_sent(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


@takes_minutes
def test_a_digest_that_a_clock_ahead_starts_early_is_started_once(service: Service) -> None:
    soon = utc_now() + timedelta(hours=1)
    due = publication_with_digest_at(soon, readers=READERS)
    service.start("worker")
    service.start("worker-2", ALTERED_CLOCK_SECONDS=str(TWO_HOURS), ALTERED_PERIOD_SECONDS="6")
    service.wait(lambda: bool(digests_of(due)), "the digest that one clock calls due")
    (digest,) = digests_of(due)
    wait_until_sent(service, digest)
    for clock in (utc_now(), soon + timedelta(minutes=1), utc_now() + timedelta(hours=3)):
        with unit_of_work():
            started = start_due(publication_id=due, now=clock)
            assert [one for one in started if one.cadence is Cadence.DAILY] == []
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


def test_a_letter_in_hand_is_not_sent_again_by_a_worker_whose_clock_is_ahead(
    service: Service,
    postgres: PostgresServer,
) -> None:
    open_a_publication()
    service.ledger.hold(after=0, taken=True)
    service.start("web", "worker")
    service.wait_for_pages()
    assert sign_up(service, "first@example.org").status == 200
    service.wait(lambda: service.ledger.held == 1, "a letter in hand")
    service.freeze("worker")
    service.ledger.let_go()
    assert sign_up(service, "second@example.org").status == 200
    service.queue.flush()  # so that the sweeper finds it, and whatever else it takes for due
    service.start("worker-2", ALTERED_CLOCK_SECONDS=str(TWO_HOURS), ALTERED_PERIOD_SECONDS="6")
    service.wait(lambda: "second@example.org" in service.ledger.recipients, "the other letter")
    service.thaw("worker")
    service.wait(lambda: letters_waiting() == 0, "both letters on record")
    assert service.ledger.surplus == 0
