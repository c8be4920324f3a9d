"""Redis killed, emptied, full, away and frozen (faults 7 to 11)."""

import time

import pytest

from newsletter.deliveries import records
from newsletter.subscriptions.models import Subscription
from tests.faults.books import balance, nothing_sent_too_early
from tests.faults.digests import digest_in_batches, let_leases_run_out, wait_until_sent
from tests.faults.readers import (
    confirmed_reader,
    leave,
    letters_waiting,
    open_a_publication,
    sign_up,
)
from tests.faults.service import Service
from tests.faults.sizes import BATCHES, PROCESSES, READERS, WHOLE, rounds, seconds, takes_minutes

pytestmark = pytest.mark.fault

#: Mails that one process may have sent since it last wrote rows.
WRITE_INTERVAL = records.UNWRITTEN_AT_MOST

#: No request takes longer, whatever Redis does.
REQUEST_SECONDS = 6.0

SIGNUPS_PER_NETWORK = 5


def test_a_queue_that_dies_and_comes_back_empty_delays_a_digest(service: Service) -> None:
    digest = digest_in_batches(READERS)
    service.start("worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    deaths = rounds(3, 1)
    for death in range(1, deaths + 1):
        service.wait_for_mails(death * READERS // (deaths + 1))
        service.queue.kill()
        nothing_sent_too_early(digest, service.ledger)
        service.queue.start()
        service.wait_for_worker(within=30)
    wait_until_sent(service, digest)
    most = deaths * PROCESSES * WRITE_INTERVAL
    balance(digest, service.ledger, readers=READERS, doubled_at_most=most)


def test_an_emptied_queue_delays_a_digest_and_doubles_nothing(service: Service) -> None:
    digest = digest_in_batches(READERS)
    service.start("worker")
    service.start("beat", **({} if WHOLE else {"ALTERED_PERIOD_SECONDS": "4"}))
    service.wait_for_mails(READERS // 3)
    service.queue.flush()
    in_hand = PROCESSES * READERS // BATCHES
    resumed = service.wait(
        lambda: service.ledger.count > READERS // 3 + in_hand, "a batch nobody had", within=90
    )
    print(f"resumed after {resumed:.0f} s")
    wait_until_sent(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


def test_a_worker_killed_as_the_queue_is_emptied_doubles_at_most_one_write_interval(
    service: Service,
) -> None:
    digest = digest_in_batches(READERS)
    at_risk = 0
    deaths = rounds(3, 1)
    for death in range(1, deaths + 1):
        service.start("worker")
        service.wait_for_mails(death * READERS // (deaths + 1))
        service.freeze("worker")
        service.queue.flush()
        at_risk += service.kill("worker") + PROCESSES * WRITE_INTERVAL
        nothing_sent_too_early(digest, service.ledger)
        let_leases_run_out()
    service.start("worker")
    wait_until_sent(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=at_risk)


@pytest.fixture
def reader(service: Service) -> Subscription:
    """A reader of a service whose processes all run."""
    open_a_publication()
    subscription = confirmed_reader()
    service.start("web", "worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    service.wait_for_worker()
    service.wait_for_pages()
    return subscription


def readers_are_served(service: Service, reader: Subscription, *, name: str) -> None:
    """Check that pages, signup and unsubscribing work, each in time, and that limits hold."""
    answers = [service.ask("/"), service.ask("/p/harbour"), service.ask("/archive/")]
    answers += [sign_up(service, f"{name}@example.org"), leave(service, reader)]
    assert [answer.status for answer in answers] == [200] * 5
    network = {"full": "198.51.100.7", "away": "198.51.100.7", "frozen": "203.0.113.7"}[name]
    crowd = [
        sign_up(service, f"{name}{number}@example.net", network=network)
        for number in range(2 * SIGNUPS_PER_NETWORK)
    ]
    allowed = [answer.status for answer in crowd].count(200)
    refused = [answer.status for answer in crowd].count(429)
    assert (allowed, refused) == (SIGNUPS_PER_NETWORK, SIGNUPS_PER_NETWORK), "limits hold"
    slowest = max(answer.seconds for answer in answers + crowd)
    print(f"slowest answer: {slowest:.1f} s")
    assert slowest <= REQUEST_SECONDS


def everybody_gets_her_letter(service: Service, *, name: str) -> None:
    """Check that letters go out once the queue is back."""
    service.wait(lambda: letters_waiting() == 0, "the last letter")
    wanted = {f"{name}@example.org"}
    wanted |= {f"{name}{number}@example.net" for number in range(SIGNUPS_PER_NETWORK)}
    assert service.ledger.recipients == wanted
    assert service.ledger.surplus == 0


def test_a_full_queue_takes_no_signup_away(service: Service, reader: Subscription) -> None:
    service.queue.fill()
    readers_are_served(service, reader, name="full")
    service.queue.make_room()
    service.wait_for_worker(within=60)
    everybody_gets_her_letter(service, name="full")


def test_a_queue_that_is_away_takes_no_signup_away(service: Service, reader: Subscription) -> None:
    service.queue.kill()
    readers_are_served(service, reader, name="away")
    away_until = time.monotonic() + seconds(whole=600, short=2)
    service.wait(lambda: time.monotonic() > away_until, "the end of the outage", within=3600)
    service.queue.start()
    service.wait_for_worker(within=30)
    everybody_gets_her_letter(service, name="away")


@takes_minutes
def test_a_web_process_starts_while_the_queue_is_away(
    service: Service, reader: Subscription
) -> None:
    service.queue.kill()
    service.kill("web")
    service.start("web")
    service.wait_for_pages()
    readers_are_served(service, reader, name="away")
    service.queue.start()
    service.wait_for_worker(within=30)
    everybody_gets_her_letter(service, name="away")


def test_a_frozen_queue_keeps_no_request_waiting(service: Service, reader: Subscription) -> None:
    service.queue.freeze()
    readers_are_served(service, reader, name="frozen")
    service.queue.thaw()
    back = service.wait_for_worker(within=60)
    print(f"worker back after {back:.0f} s")
    everybody_gets_her_letter(service, name="frozen")
