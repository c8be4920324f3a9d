"""Every step waits as long as RFC 5321 asks, and no longer: servers that fall silent."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from newsletter.mail.mailer import (
    Accepted,
    Deferred,
    InDoubt,
    OutgoingMail,
    RelayUnavailable,
    SmtpMailer,
)
from newsletter.mail.outgoing import Outcome
from newsletter.mail.smtp_replies import Step
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import ScriptedServer, read_slowly, say_nothing, trickle

SHORT = 0.3
LONG = 30.0  # what all other steps may take
CONTENT = b"Subject: Test\r\n\r\nwords\r\n"
LARGE = (
    CONTENT
    + b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n" * 200_000
)


def send(url: str, *mails: OutgoingMail, **seconds: float) -> list[Outcome]:
    timeouts = replace(Timeouts.at_most(LONG), quit=1, **seconds)
    mailer = SmtpMailer(parse_smtp_urls(url), timeouts=timeouts)
    return [outcome for group in mailer.send(mails) for outcome in group]


def mail(number: int = 1, content: bytes = CONTENT) -> OutgoingMail:
    return OutgoingMail(str(number), "bounces@example.org", "reader@example.com", content)


@contextmanager
def soon() -> Iterator[None]:
    """Fail unless what is done takes about the short time."""
    began = time.monotonic()
    yield
    assert SHORT * 0.9 < time.monotonic() - began < LONG / 3


@pytest.mark.parametrize(
    ("step", "minutes"),
    [
        ("greeting", 5),  # RFC 5321 §4.5.3.2.1
        ("mail", 5),  # §4.5.3.2.2
        ("rcpt", 5),  # §4.5.3.2.3
        ("data", 2),  # §4.5.3.2.4
        ("block", 3),  # §4.5.3.2.5
        ("final_reply", 10),  # §4.5.3.2.6
    ],
)
def test_each_step_waits_as_long_as_the_rfc_asks(step: str, minutes: float) -> None:
    assert getattr(Timeouts(), step) == minutes * 60


def test_the_reply_to_each_step_has_its_own_patience() -> None:
    timeouts = Timeouts(mail=1, rcpt=2, data=3, final_reply=4, command=5)
    told = {step: timeouts.of(step) for step in Step}
    assert told == {
        Step.MAIL: 1,
        Step.RCPT: 2,
        Step.DATA: 3,
        Step.CONTENT: 4,
        Step.LONE_DOT: 4,
        Step.RSET: 5,
    }


@pytest.mark.parametrize(("verb", "step"), [("CONNECT", "greeting"), ("EHLO", "command")])
@pytest.mark.parametrize("manner", [say_nothing, trickle])
def test_a_server_that_does_not_let_us_in_is_left(verb, step, manner) -> None:
    refused = pytest.raises(RelayUnavailable, match="did not answer in time")
    with ScriptedServer(**{verb: [manner]}) as server, soon(), refused:
        send(server.url, mail(), **{step: SHORT})


def test_a_connection_that_tcp_does_not_open_is_no_late_greeting() -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]  # they fill its queue
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with soon(), pytest.raises(RelayUnavailable, match="did not answer in time"):
            send(f"smtp://127.0.0.1:{port}", mail(), connect=SHORT)
        for one in waiting:
            one.close()


@pytest.mark.parametrize(("verb", "step"), [("MAIL", "mail"), ("RCPT", "rcpt"), ("DATA", "data")])
@pytest.mark.parametrize("manner", [say_nothing, trickle])
def test_a_server_silent_before_the_content_defers_this_mail(verb, step, manner) -> None:
    with ScriptedServer(**{verb: [manner]}) as server, soon():
        outcomes = send(server.url, mail(1), mail(2), **{step: SHORT})
    assert isinstance(outcomes[0], Deferred)
    assert "did not answer in time" in outcomes[0].text
    assert isinstance(outcomes[1], Accepted)


@pytest.mark.parametrize("manner", [say_nothing, trickle])
def test_a_server_silent_after_the_content_leaves_it_in_doubt(manner) -> None:
    with ScriptedServer(CONTENT=[manner]) as server, soon():
        outcomes = send(server.url, mail(1), mail(2), final_reply=SHORT)
    assert [type(one) for one in outcomes] == [InDoubt, Accepted]


def test_a_server_that_reads_no_further_ends_the_content_which_is_not_in_doubt() -> None:
    with ScriptedServer(READ=[say_nothing]) as server, soon():
        outcomes = send(server.url, mail(1, LARGE), mail(2), block=SHORT)
    assert [type(one) for one in outcomes] == [Deferred, Accepted]


def test_a_content_may_take_its_time_while_the_network_takes_some_of_it() -> None:
    began = time.monotonic()
    with ScriptedServer(READ=[read_slowly]) as server:
        outcomes = send(server.url, mail(1, LARGE), block=SHORT)
    assert outcomes == [Accepted("1", "250 2.0.0 queued")]
    assert time.monotonic() - began > 2 * SHORT, "else it shows nothing"


def test_a_server_silent_after_rset_ends_the_connection() -> None:
    with ScriptedServer(RCPT=["550 5.1.1 no"], RSET=[say_nothing]) as server, soon():
        outcomes = send(server.url, mail(1), mail(2), command=SHORT)
    assert [one.mail_id for one in outcomes] == ["1", "2"]
    assert isinstance(outcomes[1], Accepted)
