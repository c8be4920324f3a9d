"""Rows are written beside the sending, one group at a time, and never for a lost lease."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries import outcomes
from newsletter.deliveries.journal import Journal
from newsletter.deliveries.lease import LEASE, Lease, LeaseLost, take_lease
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.deliveries.records import GROUP, Records
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.mailer import Accepted
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.deliveries.conftest import publish as publish
from tests.factories import Make

READERS = 3


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    paper = make.publication()
    make.article(publication=paper)
    for _ in range(READERS):
        make.subscription(publication=paper)
    return publish(paper)


@pytest.fixture
def taken(digest: Digest) -> Lease:
    (batch_id,) = batch_ids(digest)
    with unit_of_work():
        lease = take_lease(batch_id=batch_id)
    assert lease is not None
    return lease


def records_of(lease: Lease) -> Records:
    return Records(lease, Journal(batch_id=lease.batch_id), clock=utc_now)


def accepted(digest: Digest, count: int = 1) -> list[Accepted]:
    """Return answers to the first delivery of a digest, over and over."""
    db.session.rollback()
    first = sa.select(Delivery.id).where(Delivery.digest_id == digest.id).order_by(Delivery.id)
    delivery_id = db.session.scalars(first.limit(1)).one()
    db.session.rollback()
    return [Accepted(str(delivery_id), "250 ok")] * count


def give_to_another(lease: Lease) -> None:
    """Let the lease run out and another worker take the batch."""
    with unit_of_work() as session:
        past = utc_now() - timedelta(minutes=5)
        session.execute(sa.update(Batch).values(lease_until=past))
    with unit_of_work():
        sweep_batches()
    with unit_of_work():
        assert take_lease(batch_id=lease.batch_id) is not None


@pytest.fixture
def slow_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A database that writes nothing until the event is set."""
    goes_on = threading.Event()
    quick = outcomes.record_sent

    def slow(**given: object) -> None:
        assert goes_on.wait(30)
        quick(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(outcomes, "record_sent", slow)
    yield goes_on
    goes_on.set()


def test_mail_goes_on_while_one_group_is_written_and_waits_for_it_with_the_next(
    digest: Digest, taken: Lease, slow_database: threading.Event, app: object
) -> None:
    with records_of(taken) as records:
        records.add(accepted(digest, GROUP))
        assert states(digest) == {DeliveryState.QUEUED: READERS}, "it did not wait"
        threading.Timer(0.3, slow_database.set).start()
        records.add(accepted(digest, GROUP))
        assert slow_database.is_set(), "two groups are the most that no row knows of"
    assert states(digest) == {DeliveryState.SENT: 1, DeliveryState.QUEUED: READERS - 1}
    assert Journal(batch_id=taken.batch_id).read() == {}


def test_a_lost_lease_that_the_thread_meets_is_raised_with_the_next_group(
    digest: Digest, taken: Lease
) -> None:
    records = records_of(taken)
    give_to_another(taken)
    records.add(accepted(digest, GROUP))
    with pytest.raises(LeaseLost):
        records.add(accepted(digest, GROUP))
    assert states(digest) == {DeliveryState.QUEUED: READERS}


def test_a_worker_that_slept_learns_that_it_lost_its_lease_before_further_mail(
    digest: Digest, taken: Lease
) -> None:
    records = records_of(taken)
    give_to_another(taken)
    records._lease_seen_at -= LEASE.total_seconds()
    with pytest.raises(LeaseLost):
        records.add(accepted(digest))
    assert states(digest) == {DeliveryState.QUEUED: READERS}


def test_what_was_accepted_is_written_though_the_sending_failed(
    digest: Digest, taken: Lease
) -> None:
    with pytest.raises(ZeroDivisionError), records_of(taken) as records:
        records.add(accepted(digest))
        raise ZeroDivisionError
    assert states(digest) == {DeliveryState.SENT: 1, DeliveryState.QUEUED: READERS - 1}
