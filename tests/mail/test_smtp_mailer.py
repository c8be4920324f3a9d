"""The SMTP mailer against servers that behave, refuse, throttle, and vanish."""

import ssl
from dataclasses import replace

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
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import (
    HANG_UP,
    Inbox,
    ScriptedServer,
    controller,
    free_port,
    server_context,
)

PASSWORD = "korrekt-horse"
CONTENT = b"Subject: Test\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"
QUICK = replace(Timeouts.at_most(5), final_reply=1)


def mail(number=1, recipient="reader@example.com", content=CONTENT):
    return OutgoingMail(str(number), f"bounces+{number}@example.org", recipient, content)


def mailer(url, **options):
    return SmtpMailer(parse_smtp_urls(url), timeouts=QUICK, **options)


def send(url, *mails, **options):
    return [outcome for group in mailer(url, **options).send(mails) for outcome in group]


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    """A server's TLS context and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    server = server_context(folder)
    return server, ssl.create_default_context(cafile=str(folder / "certificate.pem"))


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


@pytest.mark.parametrize("greeting", ["421 4.3.2 too busy", "554 5.7.1 go away", HANG_UP])
def test_an_unfriendly_greeting_means_the_batch_waits(greeting):
    with ScriptedServer(CONNECT=[greeting]) as server, pytest.raises(RelayUnavailable):
        send(server.url, mail())


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "CONTENT"])
def test_421_on_a_fresh_connection_means_the_batch_waits(verb):
    with ScriptedServer(**{verb: ["421 4.3.2 closing"]}) as server:
        with pytest.raises(RelayUnavailable, match=r"421 4\.3\.2 closing"):
            send(server.url, mail())
        assert len(server.transcripts) == 1


def test_421_after_many_mails_only_asks_for_a_fresh_connection():
    with ScriptedServer(MAIL=["250 ok", "421 4.7.0 enough for one connection"]) as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
        assert len(server.transcripts) == 2


def test_421_again_on_the_fresh_connection_means_the_batch_waits():
    replies = ["250 ok", "421 4.7.0 enough", "421 4.7.0 enough"]
    with ScriptedServer(MAIL=replies) as server:
        outcomes = mailer(server.url).send([mail(1), mail(2)])
        assert [type(one) for one in next(outcomes)] == [Accepted]
        with pytest.raises(RelayUnavailable):
            next(outcomes)


@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("RCPT", "550 5.1.1 no such user", Refused("1", 550, "5.1.1 no such user")),
        ("RCPT", "450 4.2.0 greylisted", Deferred("1", 450, "4.2.0 greylisted")),
        ("RCPT", "552 too many", Deferred("1", 552, "too many")),
        (
            "RCPT",
            "550-5.1.1 no such\r\n550 5.1.1 user",
            Refused("1", 550, "5.1.1 no such 5.1.1 user"),
        ),
        ("MAIL", "451 4.3.0 later", Deferred("1", 451, "4.3.0 later")),
        ("MAIL", "552 5.3.4 too big", Refused("1", 552, "5.3.4 too big")),
        ("DATA", "554 5.7.1 no", Deferred("1", 554, "5.7.1 no")),
        ("CONTENT", "554 5.7.1 spam", Deferred("1", 554, "5.7.1 spam")),
        ("CONTENT", "552 5.2.2 full", Refused("1", 552, "5.2.2 full")),
        (
            "CONTENT",
            "451-4.7.28 too\r\n451 4.7.28 fast",
            Deferred("1", 451, "4.7.28 too 4.7.28 fast"),
        ),
        ("CONTENT", "452 4.3.1 disk", Deferred("1", 452, "4.3.1 disk")),
    ],
)
def test_a_refusal_is_of_one_mail_and_the_connection_goes_on(verb, reply, expected):
    with ScriptedServer(**{verb: [reply]}) as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert outcomes == [expected, Accepted("2", "250 2.0.0 queued")]
        assert len(server.transcripts) == 1
        assert ("RSET" in server.verbs()) == (verb != "CONTENT")


def test_the_enhanced_code_of_a_reply_is_told():
    assert Refused("1", 550, "5.7.1 policy").enhanced_code == "5.7.1"
    assert Deferred("1", 421, "4.7.28 slow").enhanced_code == "4.7.28"
    assert Refused("1", 550, "see 5.7.1").enhanced_code is None


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("MAIL", "550 5.7.1 sender not yours"),
        ("MAIL", "530 5.7.0 sign in first"),
        ("RCPT", "530 5.7.0 sign in first"),
        ("RCPT", "354 what"),
        ("DATA", "250 what"),
    ],
)
def test_what_is_about_us_or_the_relay_fails_no_reader(verb, reply):
    with ScriptedServer(**{verb: [reply]}) as server, pytest.raises(RelayUnavailable):
        send(server.url, mail())


def test_a_connection_lost_after_the_final_dot_leaves_the_mail_in_doubt():
    with ScriptedServer(CONTENT=[HANG_UP]) as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert isinstance(outcomes[0], InDoubt)
        assert outcomes[0].mail_id == "1"
        assert outcomes[1] == Accepted("2", "250 2.0.0 queued")
        assert len(server.contents) == 2  # the first was not sent again by the mailer


@pytest.mark.parametrize("reply", ["garbled", "354 again", "120 odd"])
def test_a_final_reply_that_makes_no_sense_leaves_the_mail_in_doubt(reply):
    with ScriptedServer(CONTENT=[reply]) as server:
        assert isinstance(send(server.url, mail())[0], InDoubt)


def test_a_final_reply_that_does_not_come_leaves_the_mail_in_doubt():
    with ScriptedServer(CONTENT=["250-only the beginning"]) as server:
        [outcome] = send(server.url, mail())
        assert isinstance(outcome, InDoubt)
        assert "did not answer in time" in outcome.text


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_content_defers_this_mail_only(verb):
    with ScriptedServer(**{verb: [HANG_UP]}) as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert isinstance(outcomes[0], Deferred)
        assert outcomes[0].enhanced_code == "4.4.2"
        assert isinstance(outcomes[1], Accepted)


def test_a_connection_lost_within_the_content_defers_the_mail_since_the_dot_never_left():
    with ScriptedServer(READ=[HANG_UP]) as server:
        large = mail(1, content=CONTENT * 500_000)
        outcomes = send(server.url, large, mail(2))
        assert isinstance(outcomes[0], Deferred)
        assert isinstance(outcomes[1], Accepted)
        assert server.contents == [CONTENT]


def test_a_connection_the_server_dropped_between_mails_is_replaced():
    with ScriptedServer(MAIL=["250 ok", HANG_UP]) as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert outcomes[1] == Accepted("2", "250 2.0.0 queued")
        assert len(server.contents) == 2


def test_a_refusal_stands_when_the_server_then_hangs_up():
    with ScriptedServer(RCPT=["550 5.1.1 no"], RSET=[HANG_UP]) as server:
        outcomes = send(server.url, mail(1), mail(2))
        assert outcomes == [Refused("1", 550, "5.1.1 no"), Accepted("2", "250 2.0.0 queued")]


def test_many_refusals_in_a_row_ask_for_a_fresh_connection():
    with ScriptedServer(RCPT=["550 5.1.1 no"] * 10) as server:
        outcomes = send(server.url, *[mail(number) for number in range(12)])
        assert [type(outcome) for outcome in outcomes] == [Refused] * 10 + [Accepted] * 2
        assert len(server.transcripts) == 3


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
