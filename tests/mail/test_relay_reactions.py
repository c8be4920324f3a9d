"""What answers ask for: each sentence is one that a server is known to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.outgoing import Deferred, Refused
from newsletter.mail.relay_reactions import NOBODY_SAID, TABLE, Reaction, about_us, reaction, said
from newsletter.mail.smtp_replies import Reply, Step, not_taken

ANSWERS = [
    (250, "2.0.0 Ok: queued as 4Xk", Reaction.WELL),
    (354, "End data with <CR><LF>.<CR><LF>", Reaction.NONE),
    # about one mail or one reader
    (550, "5.1.1 The email account that you tried to reach does not exist", Reaction.NONE),
    (552, "5.2.2 Mailbox full", Reaction.NONE),
    (452, "4.2.2 The mailbox has too many messages", Reaction.NONE),
    (450, "4.1.1 Recipient address rejected: unverified address", Reaction.NONE),
    (451, "4.3.0 Mail server temporarily rejected message", Reaction.NONE),
    (450, "4.7.1 Greylisted, please try again in 300 seconds", Reaction.NONE),
    (451, "4.7.1 Greylisting in action, please come back later", Reaction.NONE),
    (
        450,
        "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
        "additional messages from being delivered.",
        Reaction.NONE,
    ),
    (450, "4.2.1 The user you are trying to contact is receiving mail too quickly", Reaction.NONE),
    (421, "4.4.2 mail.example.org Error: timeout exceeded", Reaction.NONE),
    (550, "5.7.17 The mailbox owner has changed", Reaction.NONE),
    (NOBODY_SAID, "its certificate is not valid", Reaction.PAUSE),
    # fewer connections
    (421, "4.3.2 The maximum number of concurrent connections has exceeded", Reaction.SLOW_DOWN),
    (421, "Too many concurrent SMTP connections; please try again later", Reaction.SLOW_DOWN),
    (421, "mail.example.org Service not available", Reaction.SLOW_DOWN),
    (421, "4.7.0 Try again later, closing connection", Reaction.SLOW_DOWN),
    (450, "4.7.1 Please try again later", Reaction.SLOW_DOWN),
    # silence
    (421, "4.7.28 Gmail has detected an unusual rate of unsolicited mail", Reaction.SILENCE),
    (451, "4.7.28 slow down", Reaction.SILENCE),
    (
        421,
        "4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your "
        "IP address.",
        Reaction.SILENCE,
    ),
    (450, "4.2.1 Mail is taken at a limited rate only", Reaction.SILENCE),
    (
        451,
        "4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77714)",
        Reaction.SILENCE,
    ),
    (
        451,
        "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited",
        Reaction.SILENCE,
    ),
    (451, "4.7.850 Access denied, please try again later", Reaction.SILENCE),
    (421, "RP-001 (SNT004) Unfortunately, some messages were not sent", Reaction.SILENCE),
    (421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", Reaction.SILENCE),
    (421, "4.7.1 [TS03] All messages from 192.0.2.1 permanently deferred", Reaction.SILENCE),
    (421, "RL000001 exceeded", Reaction.SILENCE),
    (452, "Too many messages from this sender", Reaction.SILENCE),
    (450, "4.7.1 You are sending too fast", Reaction.SILENCE),
    (451, "Throttled", Reaction.SILENCE),
    # sign-in and encryption
    (535, "5.7.8 Authentication credentials invalid", Reaction.PAUSE),
    (530, "5.7.0 Must issue a STARTTLS command first", Reaction.PAUSE),
    (534, "5.7.9 Please log in with your web browser", Reaction.PAUSE),
    (454, "4.7.0 TLS not available due to local problem", Reaction.PAUSE),
    (550, "5.7.57 Client not authenticated to send mail", Reaction.PAUSE),
    (550, "5.7.3 Authentication unsuccessful", Reaction.PAUSE),
    # they do not know our sender
    (554, "Message rejected: Email address is not verified.", Reaction.STOP),
    (554, "Message rejected: Sending paused for this account.", Reaction.STOP),
    (550, "The from address does not match a verified Sender Identity.", Reaction.STOP),
    (550, "Unauthenticated senders not allowed", Reaction.STOP),
    (550, "Relaying denied", Reaction.STOP),
    (550, "relay not permitted", Reaction.STOP),
    (550, "Sender verify failed", Reaction.STOP),
    # they refuse us
    (
        550,
        "5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus",
        Reaction.STOP,
    ),
    (550, "5.7.26 Unauthenticated mail is not accepted due to the domain's policy", Reaction.STOP),
    (550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", Reaction.STOP),
    (554, "5.7.9 Message not accepted for policy reasons", Reaction.STOP),
    (553, "5.7.1 [BL21] Connections will not be accepted", Reaction.STOP),
    (550, "SC-001 (COL004) Unfortunately, messages from 192.0.2.1 weren't sent", Reaction.STOP),
    (554, "Your address is on our blocklist", Reaction.STOP),
    (550, "5.2.1 You are on this reader's blacklist", Reaction.NONE),
]


@pytest.mark.parametrize(("code", "text", "expected"), ANSWERS)
def test_an_answer_has_its_reaction(code, text, expected):
    assert reaction(Reply(code, text)) is expected


#: Answers to a content, or to DATA: the recipient had been taken.
TO_CONTENT = [
    (552, "Message size exceeds maximum permitted", Reaction.STOP),
    (554, "Message rejected", Reaction.STOP),
    (550, "Message content rejected", Reaction.STOP),
    (550, "Requested action not taken: mailbox unavailable", Reaction.NONE),
    (554, "delivery error: dd This user doesn't have a yahoo.example account", Reaction.NONE),
    (550, "Unrouteable address", Reaction.NONE),
    (550, "Recipient is on your suppression list", Reaction.NONE),
    (550, "Rejected", Reaction.NONE),
    (550, "5.6.0 Lone CR or LF in body", Reaction.STOP),
    (503, "Bad sequence of commands", Reaction.STOP),
    (550, "No such user here", Reaction.NONE),
    (552, "Too big", Reaction.STOP),
    (552, "user over quota", Reaction.NONE),
    (550, "5.1.1 unknown", Reaction.NONE),
    (552, "5.2.2 full", Reaction.NONE),
]


@pytest.mark.parametrize(("code", "text", "expected"), TO_CONTENT)
def test_what_is_refused_after_its_recipient_was_taken_is_refused_for_what_it_is(
    code: int, text: str, expected: Reaction
):
    assert reaction(Reply(code, text, to_content=True)) is expected


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("Rejected", True),
        ("5.0.0 Rejected", True),
        ("No such user", False),
        ("mailbox full", False),
        ("5.1.1 unknown", False),
    ],
)
def test_a_content_refused_without_a_word_about_the_reader_is_put_off(text: str, silent: bool):
    refused = not_taken("1", Step.CONTENT, Reply(550, text, to_content=True), relay="mx")
    assert type(refused) is (Deferred if silent else Refused)
    assert refused.of_us is silent


@pytest.mark.parametrize(("code", "text"), [(552, "Message size exceeded"), (550, "Rejected")])
def test_the_same_words_about_a_recipient_stop_no_relay(code: int, text: str):
    assert reaction(Reply(code, text)) is Reaction.NONE


def test_every_row_of_the_table_decides_at_least_one_known_answer():
    known = [Reply(code, text) for code, text, _ in ANSWERS]
    known += [Reply(code, text, to_content=True) for code, text, _ in TO_CONTENT]
    decided = {
        next((number for number, row in enumerate(TABLE) if row.matches(reply)), None)
        for reply in known
    }
    assert set(range(len(TABLE))) <= decided


@given(st.integers(200, 599), st.text())
def test_no_answer_breaks_the_reading(code, text):
    reply = Reply(code, text)
    assert reaction(reply) in Reaction
    assert not about_us(reply) or code >= 400
    assert said(reply).startswith(str(code))


@pytest.mark.parametrize("step", [Step.RCPT, Step.DATA, Step.CONTENT])
@pytest.mark.parametrize("code", [550, 553, 554, 571])
@pytest.mark.parametrize("detail", ["5.7.0", "5.7.1", "5.7.9", "5.7.17", "5.7.26", "5.7.511"])
def test_a_refusal_of_us_is_never_the_readers_failure(step, code, detail):
    reply = Reply(code, f"{detail} Refused")
    assert isinstance(not_taken("1", step, reply, relay="mail.example.org:587"), Deferred)


def test_an_unknown_reader_still_fails():
    reply = Reply(550, "5.1.1 No such user")
    assert not about_us(reply)
    assert isinstance(not_taken("1", Step.RCPT, reply, relay="mail.example.org:587"), Refused)


def test_what_staff_read_names_no_reader_and_says_the_code_once():
    words = said(Reply(550, "5.7.1 <reader@example.org>: Recipient address rejected: a@b.example"))
    assert words == "550 5.7.1 <…@…>: Recipient address rejected: …@…"
    assert len(said(Reply(550, "x" * 2000))) < 320
