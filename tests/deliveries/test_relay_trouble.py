"""A digest through a relay in trouble: it waits, says why, fails nobody, reaches all once."""

import email
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter import heartbeat
from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.deliveries.send import send_batch
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.mail.mailer import SmtpMailer
from newsletter.mail.relay_stops import all_stops
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import Make, reload
from tests.mail.relays import Clock, gate, let_pass
from tests.mail.smtp_servers import ScriptedServer, free_port
from tests.web.admin.conftest import Browser, staff_room

__all__ = ["staff_room"]

READERS = 30
TRY_AGAIN = "451 4.3.0 try again later"
SENT = {DeliveryState.SENT: READERS}
WAITING = {DeliveryState.QUEUED: READERS}


class Sending:
    """A digest of thirty readers, the worker that sends it, and the clock that goes by."""

    def __init__(self, app: Flask, digest: Digest, browser: Browser) -> None:
        self.port = free_port()
        self.digest = digest
        self.browser = browser
        self._redis: Any = app.extensions["redis"]
        self._clock = Clock()
        self.set_relay(f"smtp://127.0.0.1:{self.port}?helo=tests.example.org&connections=4")

    def set_relay(self, url: str) -> None:
        """Restart the worker with another SMTP_URL."""
        (self.relay,) = parse_smtp_urls(url)
        gates = {self.relay: gate(self.relay, self._redis, self._clock)}
        timeouts = Timeouts.at_most(5)
        self._mailer = SmtpMailer([self.relay], timeouts=timeouts, gate_of=gates.__getitem__)

    def work(self) -> dict[DeliveryState, int]:
        """Let the worker do what is due; return how the deliveries stand then."""
        with unit_of_work():
            sweep_batches()
        for batch_id in batch_ids(self.digest):
            send_batch(batch_id=batch_id, mailer=self._mailer, clock=utc_now)
        return states(self.digest)

    def after(self, **time: float) -> "Sending":
        """Let so much time go by, in the rows, in Redis and for the worker."""
        gone = timedelta(**time)
        with unit_of_work() as session:
            for row in (*session.scalars(sa.select(Batch)), *session.scalars(sa.select(Delivery))):
                if row.next_attempt_at is not None:
                    row.next_attempt_at -= gone
            session.get_one(Digest, self.digest.id).fanned_out_at -= gone
        let_pass(self._redis, self.relay, gone.total_seconds())
        self._clock.pass_by(gone.total_seconds())
        return self

    def attempts(self) -> int:
        """Return how many attempts of all deliveries count."""
        db.session.rollback()
        return db.session.scalars(sa.select(sa.func.sum(Delivery.attempts))).one()

    def overview(self) -> str:
        """Return the page that staff look at first."""
        return self.browser.get("/admin/").text

    def page(self) -> str:
        """Return the digest's page."""
        return self.browser.get(f"/admin/digests/{self.digest.id}").text


@pytest.fixture
def sending(
    app: Flask,
    make: Make,
    publish: Publish,
    staff_room: Callable[..., Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> Sending:
    monkeypatch.setattr(heartbeat, "last", lambda _queue: utc_now())
    home = make.publication(from_email="paper@example.net")
    make.article(publication=home)
    for number in range(READERS):
        make.subscription(publication=home, email=f"reader{number}@example.org")
    found = Sending(app, publish(home, now=utc_now()), staff_room())
    url = f"smtp://127.0.0.1:{found.port}"
    settings = app.extensions["settings"].model_copy(update={"smtp_url": url})
    monkeypatch.setitem(app.extensions, "settings", settings)
    return found


def server(sending: Sending, **script: list[str]) -> ScriptedServer:
    return ScriptedServer(port=sending.port, **script)


def readers(*servers: ScriptedServer) -> Counter[str]:
    """Return how many mails each reader got."""
    contents = (content for one in servers for content in one.contents)
    return Counter(email.message_from_bytes(content)["To"] for content in contents)


EVERYONE_ONCE = Counter(f"reader{number}@example.org" for number in range(READERS))


def test_refused_connections_then_451_to_all_then_to_a_tenth_then_well(sending: Sending) -> None:
    for _ in range(3):
        assert sending.work() == WAITING
        assert "cannot be used: Connection refused" in sending.overview()
        sending.after(minutes=2)
    assert sending.attempts() == 0

    with server(sending, RCPT=[TRY_AGAIN] * 2 * READERS) as relay:
        assert sending.work() == {DeliveryState.DEFERRED: READERS}
        assert TRY_AGAIN in sending.page()
        assert sending.after(minutes=4).work() == {DeliveryState.DEFERRED: READERS}
        assert sending.attempts() == READERS  # none was due yet
        assert sending.after(minutes=3).work() == {DeliveryState.DEFERRED: READERS}
        assert sending.attempts() == 2 * READERS
        assert relay.contents == []

        relay.script(RCPT=[TRY_AGAIN, *["250 ok"] * 9] * 3)
        assert sending.after(minutes=20).work() == {
            DeliveryState.SENT: READERS - 3,
            DeliveryState.DEFERRED: 3,
        }
        assert reload(sending.digest).state is DigestState.SENDING
        assert TRY_AGAIN in sending.page()

        assert sending.after(minutes=40).work() == SENT
        assert readers(relay) == EVERYONE_ONCE
    assert reload(sending.digest).state is DigestState.SENT
    assert "waits" not in sending.overview()


def test_a_throttling_relay_gets_its_silence_and_everyone_the_digest(sending: Sending) -> None:
    throttled = "451 4.7.28 unusual rate of mail"
    with server(sending, CONTENT=["250 ok"] * 5 + [throttled]) as relay:
        stand = sending.work()
        assert stand[DeliveryState.DEFERRED] == 1
        assert stand[DeliveryState.QUEUED] > READERS / 2
        assert sending.attempts() == 0
        for _ in range(3):
            overview = sending.after(minutes=3).overview()
            assert f"The relay 127.0.0.1:{sending.port} is silenced until" in overview
            assert "asked us to slow down (451 4.7.28 unusual rate of mail)" in overview
            before = len(relay.transcripts)
            assert sending.work() == stand
            assert len(relay.transcripts) == before

        assert sending.after(minutes=1.2).work()[DeliveryState.SENT] == READERS - 1
        assert len(relay.transcripts) == before + 1
        assert sending.after(minutes=20).work() == SENT
        # One content was throttled, and came again.
        assert (readers(relay) - EVERYONE_ONCE).total() == 1
        assert len(relay.contents) == READERS + 1


def test_a_storm_of_refusals_waits_for_staff_and_then_everyone_gets_it(sending: Sending) -> None:
    refused = "550 5.7.1 your network is on our blocklist"
    with server(sending, RCPT=[refused] * READERS) as relay:
        stand = sending.work()
        assert set(stand) == {DeliveryState.DEFERRED, DeliveryState.QUEUED}
        assert stand[DeliveryState.QUEUED] > READERS / 2
        before = len(relay.transcripts)
        for _ in range(3):
            assert sending.after(hours=10).work() == stand
        assert len(relay.transcripts) == before
        assert sending.attempts() == 0
        overview = sending.overview()
        assert f"The relay 127.0.0.1:{sending.port} is stopped: it refused our mail" in overview
        assert "so nothing more goes there until staff release it." in overview
        assert refused in overview

        relay.script(RCPT=[])
        (stop,) = all_stops()
        sending.browser.post(f"/admin/relays/{stop.id}/release")
        assert sending.after(minutes=1).work() == SENT
        assert readers(relay) == EVERYONE_ONCE
    assert reload(sending.digest).state is DigestState.SENT


def test_a_relay_that_refuses_the_sign_in_fails_nobody(sending: Sending) -> None:
    def url(password: str) -> str:
        return f"smtp://news:{password}@127.0.0.1:{sending.port}?helo=tests.example.org"

    sending.set_relay(url("wr0ng-secret"))
    greeting = ["250-scripted\r\n250 AUTH PLAIN"] * 9
    with server(sending, EHLO=greeting, AUTH=["535 5.7.8 wrong password"]) as relay:
        for _ in range(3):
            assert sending.work() == WAITING
            sending.after(minutes=1)
        assert len(relay.transcripts) == 1
        assert sending.attempts() == 0
        overview = sending.overview()
        assert f"The relay 127.0.0.1:{sending.port} does not let us in" in overview
        assert "535 5.7.8 wrong password" in overview
        assert "wr0ng-secret" not in overview

        relay.script(AUTH=["235 2.7.0 welcome"] * 9)
        sending.set_relay(url("right"))
        assert sending.after(minutes=5).work() == SENT
        assert readers(relay) == EVERYONE_ONCE
