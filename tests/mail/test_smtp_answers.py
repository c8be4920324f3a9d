"""What a relay answers, or fails to, decides about one mail, the connection, or the batch."""

import pytest

from newsletter.mail.mailer import (
    Accepted,
    Deferred,
    InDoubt,
    Refused,
    RelayUnavailable,
)
from tests.mail.smtp_sending import CONTENT, mail, mailer, send
from tests.mail.smtp_servers import (
    HANG_UP,
    ScriptedServer,
)


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
