"""The SMTP mailer over sockets by PIPELINING and BDAT, which spare a far relay's round trips."""

import socket
import time
from collections.abc import Iterator

import pytest

from newsletter.mail.mailer import (
    Accepted,
    Deferred,
    InDoubt,
    OutgoingMail,
    Refused,
    RelayUnavailable,
    SmtpMailer,
)
from newsletter.mail.outgoing import Outcome
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import HANG_UP, ScriptedServer

CONTENT = b"Subject: Test\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"
LARGE = CONTENT + b"a line among many others\r\n" * 600_000  # more than a network holds
PIPELINING = "250-scripted\r\n250-PIPELINING\r\n250 SIZE 50000000"
CHUNKING = "250-scripted\r\n250-CHUNKING\r\n250-PIPELINING\r\n250 SIZE 50000000"
LARGER_THAN_A_BUFFER = CONTENT + b"a line among many others\r\n" * 1000
OK = "250 2.0.0 ok"
QUEUED = "250 2.0.0 queued"


def mail(number: int, content: bytes = CONTENT) -> OutgoingMail:
    sender, recipient = f"bounces+{number}@example.org", f"reader{number}@example.com"
    return OutgoingMail(str(number), sender, recipient, content)


def send(server: ScriptedServer, *mails: OutgoingMail, options: str = "") -> list[Outcome]:
    url = f"{server.url}{options}"
    mailer = SmtpMailer(parse_smtp_urls(url), timeouts=Timeouts.at_most(5))
    return [outcome for group in mailer.send(mails) for outcome in group]


def kinds(outcomes: list[Outcome]) -> list[type]:
    return [type(one) for one in sorted(outcomes, key=lambda one: int(one.mail_id))]


def test_by_bdat_mails_arrive_octet_by_octet_with_no_dot_doubled() -> None:
    with ScriptedServer(EHLO=[CHUNKING]) as server:
        outcomes = send(server, mail(1), mail(2), mail(3), options="&bdat=2")
        assert outcomes == [Accepted(str(number), QUEUED) for number in (1, 2, 3)]
    assert server.contents == [CONTENT] * 3
    size = len(CONTENT)
    assert server.transcripts[0][:5] == [
        "ehlo tests.example.org",
        f"MAIL FROM:<bounces+1@example.org> SIZE={size}",
        "RCPT TO:<reader1@example.com>",
        f"BDAT {size} LAST",
        "RSET",
    ]
    assert "DATA" not in server.verbs()
    assert server.verbs()[-1] == "QUIT"


@pytest.mark.parametrize(
    ("ehlo", "options"),
    [(CHUNKING, ""), (PIPELINING, "&bdat=4"), ("250-scripted\r\n250 CHUNKING", "&bdat=4")],
)
def test_bdat_is_said_only_where_it_is_wished_and_offered_with_pipelining(ehlo, options) -> None:
    with ScriptedServer(EHLO=[ehlo]) as server:
        assert kinds(send(server, mail(1), mail(2), options=options)) == [Accepted] * 2
        assert "BDAT" not in server.verbs()
        assert server.verbs().count("DATA") == 2


def test_as_many_as_the_depth_are_on_their_way_before_the_first_reply() -> None:
    pulled = []

    def mails() -> Iterator[OutgoingMail]:
        for number in range(1, 9):
            pulled.append(number)
            yield mail(number, LARGER_THAN_A_BUFFER)

    def wait_for_the_third(connection: socket.socket) -> str:
        while b"reader3@" not in connection.recv(100_000, socket.MSG_PEEK):
            time.sleep(0.01)
        return QUEUED

    with ScriptedServer(EHLO=[CHUNKING], BDAT=[wait_for_the_third]) as server:
        relays = parse_smtp_urls(f"{server.url}&bdat=3")
        groups = SmtpMailer(relays, timeouts=Timeouts.at_most(5)).send(mails())
        while not (first := next(groups)):
            pass
        assert first[0] == Accepted("1", QUEUED)
        assert pulled == [1, 2, 3], "none is pulled while those before it are not noted"
        groups.close()


@pytest.mark.parametrize(("ehlo", "options"), [(PIPELINING, ""), (CHUNKING, "&bdat=4")])
def test_a_relay_that_takes_three_mails_a_connection_gets_all_of_them_once(ehlo, options) -> None:
    replies = [OK, OK, OK, "421 4.7.0 enough for one connection"] * 4
    with ScriptedServer(EHLO=[ehlo] * 9, MAIL=replies) as server:
        outcomes = send(server, *[mail(number) for number in range(10)], options=options)
        told = kinds(outcomes)
    assert told == [Accepted] * 10
    assert len(server.contents) == 10
    assert len(server.transcripts) == 4


def test_what_was_taken_before_a_relay_hung_up_on_our_writing_counts() -> None:
    replies = [OK, "421 4.7.0 enough for one connection"]
    with ScriptedServer(EHLO=[CHUNKING] * 2, MAIL=replies) as server:
        outcomes = send(server, mail(1), mail(2, LARGE), options="&bdat=2")
        assert kinds(outcomes) == [Accepted, Accepted]
    assert [len(content) for content in server.contents] == [len(CONTENT), len(LARGE)]


def test_a_relay_that_hangs_up_leaves_in_doubt_what_was_written_and_only_that() -> None:
    with ScriptedServer(EHLO=[CHUNKING] * 2, BDAT=[QUEUED, HANG_UP]) as server:
        mails = [mail(1), mail(2), mail(3), mail(4, LARGE)]
        outcomes = send(server, *mails, options="&bdat=4")
    assert kinds(outcomes) == [Accepted, InDoubt, InDoubt, Accepted]


def test_where_mails_are_in_doubt_no_other_is_blamed_for_the_end_of_a_fresh_connection() -> None:
    with ScriptedServer(EHLO=[CHUNKING] * 2, BDAT=[HANG_UP]) as server:
        outcomes = send(server, mail(1), mail(2), mail(3, LARGE), options="&bdat=3")
    assert kinds(outcomes) == [InDoubt, InDoubt, Accepted]


def test_refusals_are_of_the_mails_they_answer() -> None:
    script = {
        "EHLO": [CHUNKING] * 3,
        "MAIL": [OK, "451 4.3.0 later"],
        "RCPT": ["550 5.1.1 unknown", "503 5.5.1 need MAIL"],
        "BDAT": ["554 5.5.1 no recipients", "503 5.5.1 need MAIL", "452 4.3.1 disk"],
    }
    with ScriptedServer(**script) as server:
        outcomes = send(server, *[mail(number) for number in range(5)], options="&bdat=5")
        assert outcomes == [
            Refused("0", 550, "5.1.1 unknown"),
            Deferred("1", 451, "4.3.0 later"),
            Deferred("2", 452, "4.3.1 disk"),
            Accepted("3", QUEUED),
            Accepted("4", QUEUED),
        ]
        assert len(server.transcripts) == 1


def test_a_mail_larger_than_announced_is_refused_and_the_connection_goes_on() -> None:
    with ScriptedServer(EHLO=["250-scripted\r\n250 SIZE 1000"]) as server:
        outcomes = send(server, mail(1), mail(2, b"x" * 999 + b"\r\n"), mail(3))
        assert kinds(outcomes) == [Accepted, Refused, Accepted]
        assert outcomes[1].enhanced_code == "5.3.4"
        assert server.contents == [CONTENT] * 2
        assert len(server.transcripts) == 1


def test_a_content_and_the_next_envelope_are_one_write() -> None:
    seen = []

    def look_ahead(connection: socket.socket) -> str:
        seen.append(connection.recv(65_536))
        return HANG_UP

    with ScriptedServer(EHLO=[PIPELINING] * 2, READ=[look_ahead]) as server:
        send(server, mail(1), mail(2))
    stuffed = b"Subject: Test\r\n\r\n..one\r\n...two\r\n..\r\nend\r\n.\r\n"
    assert seen[0].startswith(stuffed + b"MAIL FROM:<bounces+2@example.org>")
    assert seen[0].endswith(b"DATA\r\n")


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "CONTENT"])
@pytest.mark.parametrize(
    "garbage",
    ["", "HTTP/1.1 400 Bad Request", "25", "2500 ok", "250-a\r\n251 b", "\x00\xff", "x" * 20_000],
)
def test_garbage_is_an_error_soon_and_no_mail_is_taken_for_sent(verb: str, garbage: str) -> None:
    offered, options = (CHUNKING, "&bdat=2") if verb == "BDAT" else (PIPELINING, "")
    with ScriptedServer(**{"EHLO": [offered] * 3} | {verb: [garbage]}) as server:
        if verb in ("CONNECT", "EHLO"):
            with pytest.raises(RelayUnavailable):
                send(server, mail(1), options=options)
            return
        [outcome] = send(server, mail(1), options=options)
    expected = InDoubt if verb in ("BDAT", "CONTENT") else Deferred
    assert type(outcome) is expected
