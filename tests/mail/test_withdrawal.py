"""Mails withdrawn after they were pulled: no further content leaves, nothing is waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from newsletter.mail.mailer import Accepted, Outcome, OutgoingMail, SmtpMailer
from newsletter.mail.relay_gate import OpenGate
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import ScriptedServer

#: Slower than anybody who pauses a digest is to wait.
SLOW = 5.0
#: Withdrawn so long after the moment that a test names.
AFTER = 0.3
PIPELINING = ["250-scripted\r\n250 PIPELINING"] * 9


class Withdrawn:
    """Ten mails, all but those whose content has left withdrawn soon after something happened."""

    def __init__(self, happened: Callable[[], object]) -> None:
        self._happened = happened
        self._until: float | None = None

    def __iter__(self) -> Iterator[OutgoingMail]:
        for number in range(10):
            if self.withdrawn():
                return
            content = b"Subject: hello\r\n\r\nhello\r\n"
            yield OutgoingMail(str(number), "a@example.org", f"r{number}@example.org", content)

    def withdrawn(self) -> bool:
        if self._until is None and self._happened():
            self._until = time.monotonic() + AFTER
        return self._until is not None and time.monotonic() > self._until

    def recalled(self, _mail_id: str) -> bool:
        return False


class Slow(OpenGate):
    """A rate of one mail in a minute."""

    def __init__(self) -> None:
        self._next = 0.0

    def reserve(self) -> float:
        return max(0.0, self._next - time.monotonic())

    def spend(self) -> None:
        self._next = time.monotonic() + 60


@contextmanager
def in_time() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < SLOW - 0.5  # it was not waited for


def send(
    relay: ScriptedServer,
    *,
    happened: list[object],
    connections: int = 1,
    gate: OpenGate | None = None,
) -> list[Outcome]:
    """Send mails that are withdrawn soon after the relay saw what the list holds."""
    relays = parse_smtp_urls(f"{relay.url}&connections={connections}")
    mailer = SmtpMailer(relays, gate_of=lambda _: gate or OpenGate())
    return [
        outcome for group in mailer.send(Withdrawn(lambda: bool(happened))) for outcome in group
    ]


@pytest.mark.parametrize("verb", ["CONNECT", "RCPT", "DATA"])
@pytest.mark.parametrize("ehlo", [[], PIPELINING], ids=["step by step", "pipelined"])
def test_no_content_leaves_that_waited_for_its_connection_or_envelope(
    verb: str, ehlo: list[str]
) -> None:
    with ScriptedServer(EHLO=list(ehlo)) as relay:
        relay.seconds = {verb: SLOW}
        with in_time():
            assert send(relay, happened=relay.transcripts, connections=3) == []
        assert relay.contents == []


def test_a_content_that_has_left_is_waited_for_and_the_next_does_not_follow() -> None:
    with ScriptedServer(EHLO=list(PIPELINING)) as relay:
        relay.content_seconds = 2.0
        outcomes = send(relay, happened=relay.contents)
        assert [type(one) for one in outcomes] == [Accepted]
        assert len(relay.contents) == 1


def test_nobody_waits_for_the_moment_of_a_mail_that_does_not_go() -> None:
    with ScriptedServer() as relay:
        with in_time():
            assert len(send(relay, happened=relay.contents, gate=Slow())) == 1
        assert len(relay.contents) == 1
