"""The SMTP mailer against servers that behave, refuse, throttle, and vanish."""

import pytest

from newsletter.mail.mailer import (
    Accepted,
    Refused,
    RelayUnavailable,
)
from newsletter.mail.relay_gate import OpenGate
from tests.mail.smtp_sending import CONTENT, mail, mailer, send
from tests.mail.smtp_sending import tls as tls
from tests.mail.smtp_servers import (
    Inbox,
    ScriptedServer,
    controller,
    free_port,
)

PASSWORD = "korrekt-horse"


def test_mails_arrive_octet_by_octet_over_one_connection():
    with ScriptedServer() as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert outcomes == [Accepted("1", "250 2.0.0 queued"), Accepted("2", "250 2.0.0 queued")]
    assert server.contents == [CONTENT, CONTENT]
    assert server.transcripts == [
        [
            "ehlo tests.example.org",
            f"MAIL FROM:<bounces+1@example.org> SIZE={len(CONTENT)}",
            "RCPT TO:<reader@example.com>",
            "DATA",
            f"MAIL FROM:<bounces+2@example.org> SIZE={len(CONTENT)}",
            "RCPT TO:<reader@example.com>",
            "DATA",
            "QUIT",
        ]
    ]


def test_a_real_server_takes_the_mail():
    inbox = Inbox()
    server = controller(inbox)
    server.start()
    try:
        [outcome] = send(f"smtp://127.0.0.1:{server.port}", mail())
    finally:
        server.stop()
    assert outcome == Accepted("1", "250 2.0.0 kept")
    [envelope] = inbox.envelopes
    assert envelope.content == CONTENT
    assert envelope.mail_from == "bounces+1@example.org"
    assert envelope.rcpt_tos == ["reader@example.com"]


class NearlyThere(OpenGate):
    """Each mail's moment comes right after the gate was asked for it."""

    def __init__(self):
        self._asked = 0

    def reserve(self):
        self._asked += 1
        return 1e-9 if self._asked % 2 else 0.0


def test_a_moment_that_comes_while_it_is_waited_for_ends_no_run():
    with ScriptedServer() as server:
        outcomes = send(server.url, *map(mail, range(8)), gate_of=lambda _: NearlyThere())
    assert outcomes == [Accepted(str(number), "250 2.0.0 queued") for number in range(8)]


def test_mails_are_pulled_one_at_a_time_and_quit_follows_when_the_caller_stops():
    pulled = []

    def mails():
        for number in range(1, 10):
            pulled.append(number)
            yield mail(number)

    with ScriptedServer() as server:
        outcomes = mailer(server.url).send(mails())
        assert pulled == []
        next(outcomes)
        next(outcomes)
        assert pulled == [1, 2]
        outcomes.close()
        assert server.verbs()[-1] == "QUIT"


def test_without_mails_no_connection_is_made():
    assert send(f"smtp://127.0.0.1:{free_port()}") == []


def test_starttls_and_password_with_a_certificate_that_fits(tls):
    inbox = Inbox()
    server = controller(inbox, password=PASSWORD, tls_context=tls[0], require_starttls=True)
    server.start()
    try:
        url = f"smtp://sender:{PASSWORD}@127.0.0.1:{server.port}?tls=starttls"
        [outcome] = send(url, mail(), tls_context=tls[1])
    finally:
        server.stop()
    assert isinstance(outcome, Accepted)
    [session] = inbox.sessions
    assert session.authenticated
    assert session.ssl is not None


def test_tls_from_the_start_with_a_certificate_that_fits(tls):
    inbox = Inbox()
    server = controller(inbox, ssl_context=tls[0])
    server.start()
    try:
        [outcome] = send(f"smtps://127.0.0.1:{server.port}", mail(), tls_context=tls[1])
    finally:
        server.stop()
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_an_unknown_certificate_means_the_batch_waits(tls, scheme):
    inbox = Inbox()
    options = {"tls_context": tls[0]} if scheme == "smtp" else {"ssl_context": tls[0]}
    server = controller(inbox, **options)
    server.start()
    option = "?tls=starttls" if scheme == "smtp" else ""
    try:
        with pytest.raises(RelayUnavailable, match="certificate is not valid"):
            send(f"{scheme}://127.0.0.1:{server.port}{option}", mail())
    finally:
        server.stop()
    assert inbox.envelopes == []


def test_a_wrong_password_means_the_batch_waits_and_is_not_repeated(tls):
    server = controller(Inbox(), password=PASSWORD, tls_context=tls[0], require_starttls=True)
    server.start()
    try:
        url = f"smtp://sender:wrong-secret@127.0.0.1:{server.port}?tls=starttls"
        with pytest.raises(RelayUnavailable, match="sign-in failed: 535") as raised:
            send(url, mail(), tls_context=tls[1])
    finally:
        server.stop()
    assert "wrong-secret" not in str(raised.value)


def test_a_password_outside_ascii_means_the_batch_waits_and_is_not_repeated():
    ehlo = ["250-scripted\r\n250 AUTH PLAIN"]
    with ScriptedServer(EHLO=ehlo) as server:
        url = f"smtp://sender:gr%C3%BCn@127.0.0.1:{server.port}"
        with pytest.raises(RelayUnavailable, match="not ASCII") as raised:
            send(url, mail())
    assert "ü" not in str(raised.value)


def test_starttls_that_is_not_offered_means_the_batch_waits():
    with ScriptedServer() as server:
        url = f"smtp://127.0.0.1:{server.port}?tls=starttls"
        with pytest.raises(RelayUnavailable, match="STARTTLS"):
            send(url, mail())
        assert "MAIL" not in server.verbs()


def test_no_server_there_means_the_batch_waits():
    with pytest.raises(RelayUnavailable, match=r"127\.0\.0\.1:\d+ cannot be used: .*refused"):
        send(f"smtp://127.0.0.1:{free_port()}", mail())


def test_the_second_relay_takes_over_and_keeps_the_rest():
    gone = f"smtp://127.0.0.1:{free_port()}"
    with ScriptedServer() as second:
        outcomes = send(f"{gone}, {second.url}", mail(1), mail(2))
        assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
        assert len(second.transcripts) == 1


def test_a_relay_that_closes_in_the_middle_hands_the_same_mail_to_the_next():
    with ScriptedServer(RCPT=["421 4.3.2 closing"]) as first, ScriptedServer() as second:
        [outcome] = send(f"{first.url},{second.url}", mail())
        assert isinstance(outcome, Accepted)
        assert first.contents == []
        assert second.contents == [CONTENT]


def test_with_no_relay_left_staff_read_about_each():
    ports = free_port(), free_port()
    with pytest.raises(RelayUnavailable) as raised:
        send(",".join(f"smtp://127.0.0.1:{port}" for port in ports), mail())
    assert all(str(port) in str(raised.value) for port in ports)


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.com> SIZE=1",
        "a@example.com\r\nRCPT TO:<b@example.net>",
        "a b@example.com",
        "nobody",
        "",
    ],
)
def test_what_is_no_address_is_refused_before_the_server_sees_it(recipient):
    with ScriptedServer() as server:
        outcomes = send(server.url, mail(1, recipient), mail(2))
        assert isinstance(outcomes[0], Refused)
        assert outcomes[0].enhanced_code == "5.1.3"
        assert isinstance(outcomes[1], Accepted)
        assert server.verbs().count("RCPT") == 1


def test_a_non_ascii_local_part_without_smtputf8_fails_this_recipient_only():
    with ScriptedServer() as server:
        outcomes = send(server.url, mail(1, "jürgen@example.com"), mail(2))
        assert isinstance(outcomes[0], Refused)
        assert outcomes[0].enhanced_code == "5.6.7"
        assert isinstance(outcomes[1], Accepted)


def test_a_non_ascii_local_part_goes_where_smtputf8_is_offered():
    with ScriptedServer(EHLO=["250-scripted\r\n250 SMTPUTF8"]) as server:
        [outcome] = send(server.url, mail(1, "jürgen@Bücher.example"))
        assert isinstance(outcome, Accepted)
        assert "MAIL FROM:<bounces+1@example.org> SMTPUTF8" in server.transcripts[0]
        assert "RCPT TO:<jürgen@xn--bcher-kva.example>" in server.transcripts[0]


def test_bare_line_ends_cannot_smuggle_in_a_second_mail():
    content = b"Subject: x\n\none\n.\nMAIL FROM:<evil@example.net>\r.\rtwo"
    with ScriptedServer() as server:
        send(server.url, mail(content=content))
        expected = b"Subject: x\r\n\r\none\r\n.\r\nMAIL FROM:<evil@example.net>\r\n.\r\ntwo\r\n"
        assert server.contents == [expected]
        assert server.verbs().count("MAIL") == 1


def test_the_description_tells_no_secret():
    text = mailer(f"smtp://sender:{PASSWORD}@relay.example.org,smtps://mx.example.org").describe()
    assert text == (
        "SMTP by relay.example.org:587 (STARTTLS, with password), else mx.example.org:465 (TLS)"
    )
