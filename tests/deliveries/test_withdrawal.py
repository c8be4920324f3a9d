"""Pause, cancel, stop and leave while mails wait for a slow relay: they do not leave after all."""

import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.clock import utc_now
from newsletter.deliveries.control import cancel_digest, pause_digest
from newsletter.deliveries.models import DeliveryState
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.mailer import SmtpMailer
from newsletter.mail.smtp_url import parse_smtp_urls
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import Make
from tests.mail.smtp_servers import ScriptedServer

READERS = 6
WAIT = 0.3
#: Slower than the two seconds within which staff are obeyed, and than what a busy machine adds.
SLOW = 5.0
OBEYED = SLOW - 1.0


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    home = make.publication()
    make.article(publication=home)
    for _ in range(READERS):
        make.subscription(publication=home)
    return publish(home, now=utc_now())


@pytest.fixture
def stop() -> threading.Event:
    """Set when the worker is asked to stop."""
    return threading.Event()


@pytest.fixture
def send_meanwhile(
    app: Flask, digest: Digest, stop: threading.Event
) -> Callable[[Callable[[Digest], object]], float]:
    """Send by a relay that greets slowly, and act meanwhile; return how long that took to count."""

    def send(act: Callable[[Digest], object]) -> float:
        (batch_id,), digest_id = batch_ids(digest), digest.id

        def later() -> None:
            time.sleep(WAIT)
            with app.app_context(), unit_of_work() as session:
                act(session.get_one(Digest, digest_id))

        with ScriptedServer() as relay:
            relay.seconds = {"CONNECT": WAIT + SLOW}
            mailer = SmtpMailer(parse_smtp_urls(f"{relay.url}&connections=3"))
            staff = threading.Thread(target=later)
            staff.start()
            begun = time.monotonic()
            send_batch(batch_id=batch_id, mailer=mailer, clock=utc_now, stop=stop.is_set)
            took = time.monotonic() - begun
            staff.join()
            time.sleep(max(0.0, WAIT + SLOW + 0.5 - took))
            assert relay.contents == []
        return took - WAIT

    return send


Meanwhile = Callable[[Callable[[Digest], object]], float]


def test_a_paused_digest_leaves_nothing_to_a_connection_that_opens_later(
    digest: Digest, send_meanwhile: Meanwhile
) -> None:
    took = send_meanwhile(lambda found: pause_digest(digest=found, now=utc_now()))
    assert took < OBEYED
    assert states(digest) == {DeliveryState.QUEUED: READERS}


def test_a_cancelled_digest_leaves_nothing_either(
    digest: Digest, send_meanwhile: Meanwhile
) -> None:
    took = send_meanwhile(lambda found: cancel_digest(digest=found, reason="", now=utc_now()))
    assert took < OBEYED
    assert states(digest) == {DeliveryState.SKIPPED: READERS}


def test_a_worker_asked_to_stop_waits_for_no_connection(
    digest: Digest, send_meanwhile: Meanwhile, stop: threading.Event
) -> None:
    assert send_meanwhile(lambda _: stop.set()) < OBEYED
    assert states(digest) == {DeliveryState.QUEUED: READERS}


def test_who_leaves_while_her_announced_mail_waits_for_a_slow_relay_gets_nothing(
    app: Flask, digest: Digest
) -> None:
    readers = {one.subscriber.email: one.id for one in db.session.scalars(sa.select(Subscription))}
    last = max(readers, key=lambda email: readers[email])

    def leave(relay: ScriptedServer) -> None:
        while not is_announced(relay):
            time.sleep(0.02)
        with app.app_context(), unit_of_work() as session:
            subscription = session.get_one(Subscription, readers[last])
            came_by = RequestEvidence(Source.ONE_CLICK)
            unsubscribe(subscription=subscription, request=came_by, now=utc_now())

    def is_announced(relay: ScriptedServer) -> bool:
        return any(last in line for lines in relay.transcripts for line in lines)

    with ScriptedServer() as relay:
        relay.seconds = {"DATA": 2.0}
        mailer = SmtpMailer(parse_smtp_urls(f"{relay.url}&connections={READERS}"))
        reader = threading.Thread(target=leave, args=(relay,), daemon=True)
        reader.start()
        send_batch(batch_id=batch_ids(digest)[0], mailer=mailer, clock=utc_now)
        reader.join(5)
        assert is_announced(relay)
        assert not any(last.encode() in content for content in relay.contents)
        assert len(list(filter(None, relay.contents))) == READERS - 1
    assert states(digest) == {DeliveryState.SENT: READERS - 1, DeliveryState.SKIPPED: 1}
