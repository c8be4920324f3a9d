"""Workers killed, stopped and put to sleep in the middle of a digest (faults 1, 2, 6, 23)."""

import os
import random
import signal
import time

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from tests.faults.books import balance, nothing_sent_too_early
from tests.faults.digests import (
    digest_in_batches,
    let_leases_run_out,
    state_of,
    sweep,
    wait_until_nobody_sends,
    wait_until_sent,
)
from tests.faults.service import LEASE_SECONDS, Service
from tests.faults.sizes import PROCESSES, READERS, rounds, takes_minutes

pytestmark = pytest.mark.fault

#: After it every connection of a worker waits for the answer that is held back.
SETTLED_SECONDS = 0.5


def moments(count: int) -> list[int]:
    """Return so many moments of a digest, as numbers of mails, in order and apart."""
    step = READERS // (count + 1)
    return [number * step + random.randrange(step // 2) for number in range(1, count + 1)]


def leases() -> dict[int, tuple[int, object]]:
    """Return fence and expiry of every batch in hand."""
    db.session.rollback()
    rows = sa.select(Batch.id, Batch.fence, Batch.lease_until)
    found = db.session.execute(rows.where(Batch.state == BatchState.LEASED)).all()
    db.session.rollback()
    return {row.id: (row.fence, row.lease_until) for row in found}


def test_a_killed_pool_process_doubles_at_most_what_it_had_on_the_wire(service: Service) -> None:
    digest = digest_in_batches(READERS, batches=4 * rounds(20))
    at_risk = 0
    service.start("worker")
    for moment in moments(rounds(20)):
        service.wait_for_mails(moment)
        at_risk += kill_one_of_the_pool(service)
        nothing_sent_too_early(digest, service.ledger)
    wait_until_nobody_sends(service)
    let_leases_run_out()
    wait_until_sent(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=at_risk)
    assert service.restarts == {}, "the worker survives the death of its processes"


def kill_one_of_the_pool(service: Service) -> int:
    """Kill a process that holds a connection to the mail server; return how many it held."""

    def sending() -> list[int]:
        return [one for one in service.pool() if service.open_connections([one])]

    while True:
        service.wait(lambda: bool(sending()), "somebody sends")
        for victim in random.sample(found := sending(), len(found)):
            os.kill(victim, signal.SIGSTOP)  # so that the count holds when it dies
            connections = service.open_connections([victim])
            os.kill(victim, signal.SIGKILL if connections else signal.SIGCONT)
            if connections:
                return connections


@pytest.mark.parametrize("taken", [True, False], ids=["accepted", "not_accepted"])
def test_a_killed_worker_doubles_at_most_what_was_on_the_wire(
    service: Service, taken: bool
) -> None:
    """The worst moment, by design: every connection waits for the answer to its final dot."""
    digest = digest_in_batches(READERS)
    at_risk = 0
    for moment in moments(rounds(10, 1)):
        service.ledger.hold(after=moment, taken=taken)
        service.start("worker")
        service.wait(lambda: service.ledger.held >= 1, "mails without an answer")
        time.sleep(SETTLED_SECONDS)
        at_risk += service.kill("worker")
        service.ledger.let_go()
        nothing_sent_too_early(digest, service.ledger)
        assert state_of(digest) is DigestState.SENDING
        let_leases_run_out()
    service.start("worker")
    wait_until_sent(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=at_risk if taken else 0)


@takes_minutes
def test_a_killed_worker_is_followed_within_a_lease_and_a_minute(service: Service) -> None:
    """Nobody helps: leases run out by themselves, the scheduler comes round by itself."""
    digest = digest_in_batches(READERS)
    service.ledger.hold(after=READERS // 2, taken=True)
    service.start("worker", "beat")
    service.wait(lambda: service.ledger.held >= PROCESSES, "mails without an answer")
    killed_at = utc_now()
    at_risk = service.kill("worker")
    service.ledger.let_go()
    service.start("worker")
    service.wait_for_mails(service.ledger.count + 1)
    assert (utc_now() - killed_at).total_seconds() < LEASE_SECONDS + 60
    wait_until_sent(service, digest, within=300)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=at_risk)


def test_a_worker_asked_to_stop_doubles_nothing(service: Service) -> None:
    digest = digest_in_batches(READERS)
    for moment in moments(rounds(10, 1)):
        service.start("worker")
        service.wait_for_mails(moment)
        asked_at = time.monotonic()
        assert service.terminate("worker", seconds=120) == 0
        print(f"ended after {time.monotonic() - asked_at:.1f} s")
        nothing_sent_too_early(digest, service.ledger)
        assert leases() == {}, "what is not sent was given back"
        sweep()
    service.start("worker")
    wait_until_sent(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


def test_a_worker_that_sleeps_past_its_lease_writes_nothing_when_it_wakes(
    service: Service,
) -> None:
    digest = digest_in_batches(READERS)
    service.start("worker")
    service.wait_for_mails(READERS // 3)
    at_risk = service.freeze("worker")
    nothing_sent_too_early(digest, service.ledger)
    let_leases_run_out()
    service.start("worker-2")
    wait_until_sent(service, digest)
    before = db.session.get_one(Digest, digest).finished_at
    service.thaw("worker")
    service.wait_for_worker()
    assert service.terminate("worker") == 0, "it has ended whatever it had in hand"
    balance(digest, service.ledger, readers=READERS, doubled_at_most=at_risk)
    assert db.session.get_one(Digest, digest).finished_at == before
