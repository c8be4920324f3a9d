"""The SMTP engine alone: however replies are cut, delayed or broken, no mail is taken for sent."""

from collections.abc import Iterator
from itertools import chain, cycle, repeat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.mail.outgoing import (
    Accepted,
    Deferred,
    InDoubt,
    OutgoingMail,
    Refused,
    RelayUnavailable,
)
from newsletter.mail.smtp import REFUSALS_IN_A_ROW, TOO_EARLY, ConnectionEnds, Conversation
from newsletter.mail.smtp_data import DataConversation
from newsletter.mail.smtp_envelope import Extensions
from newsletter.mail.smtp_replies import BrokenReply
from tests.mail.smtp_model import Fate, ModelServer, converse

PIPELINING = Extensions(pipelining=True, size=True)
LOCK_STEP = Extensions()

FATES = st.sampled_from(
    [
        None,
        ("RCPT", "550 5.1.1 unknown"),
        ("RCPT", "450 4.2.0 greylisted"),
        ("DATA", "451 4.3.0 later"),
        ("CONTENT", "452 4.2.2 full"),
        ("CONTENT", "552 5.2.2 full"),
    ]
)


def mail(number: int, content: bytes = b"Subject: one\r\n\r\nwords\r\n") -> OutgoingMail:
    recipient = f"reader{number}@example.org"
    return OutgoingMail(str(number), "bounces@example.org", recipient, content)


def whole() -> Iterator[int]:
    return repeat(65_536)


def expected(number: int, fate: Fate) -> Accepted | Deferred | Refused:
    if fate is None:
        return Accepted(str(number), "250 2.0.0 taken")
    code, _, text = fate[1].partition(" ")
    return (Deferred if code.startswith("4") else Refused)(str(number), int(code), text)


@given(
    fates=st.lists(FATES, min_size=1, max_size=12),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=30),
    extensions=st.sampled_from([PIPELINING, LOCK_STEP]),
    eager=st.booleans(),
    lines=st.integers(1, 3),
)
def test_replies_cut_anywhere_give_each_mail_its_own_outcome(
    fates: list[Fate], cuts: list[int], extensions: Extensions, eager: bool, lines: int
) -> None:
    mails = [mail(number) for number in range(len(fates))]
    server = ModelServer(
        dict(zip((one.recipient for one in mails), fates, strict=True)), eager=eager, lines=lines
    )
    outcomes = converse(server, mails, extensions, cycle(cuts))
    wanted = [expected(number, fate) for number, fate in enumerate(fates)]
    joined = [_first_line(one) for one in outcomes]
    assert sorted(joined, key=lambda one: int(one.mail_id)) == wanted
    taken = [one.recipient for one, fate in zip(mails, fates, strict=True) if fate is None]
    assert [recipient for recipient, _ in server.taken] == taken


def _first_line(outcome: object) -> Accepted | Deferred | Refused:
    """Return the outcome as if the reply had had one line: the lines of these are alike."""
    if isinstance(outcome, Accepted):
        return Accepted(outcome.mail_id, outcome.reply[: len("250 2.0.0 taken")])
    assert isinstance(outcome, (Deferred, Refused))
    half = len(outcome.text)
    for number in (1, 2, 3):
        if (half + 1) % number == 0:
            part = outcome.text[: (half + 1) // number - 1]
            if " ".join([part] * number) == outcome.text:
                text = part
    return type(outcome)(outcome.mail_id, outcome.code, text)


@given(content=st.binary(max_size=300), extensions=st.sampled_from([PIPELINING, LOCK_STEP]))
@example(content=b"\r\n.\r\nMAIL FROM:<evil@example.net>\r\n", extensions=PIPELINING)
@example(content=b".\n.\r.\r\n.\n", extensions=LOCK_STEP)
def test_no_content_ends_before_its_end(content: bytes, extensions: Extensions) -> None:
    server = ModelServer()
    outcomes = converse(server, [mail(1, content), mail(2)], extensions, whole())
    assert [type(one) for one in outcomes] == [Accepted, Accepted]
    assert [recipient for recipient, _ in server.taken] == [
        "reader1@example.org",
        "reader2@example.org",
    ]


def test_content_and_the_next_envelope_are_one_write() -> None:
    server = ModelServer()
    converse(server, [mail(number) for number in range(4)], PIPELINING, whole())
    assert len(server.writes) == 5  # an envelope, three contents with envelopes, a content
    assert server.writes[1].startswith(b"Subject: one\r\n")
    assert server.writes[1].endswith(b"DATA\r\n")


def test_without_pipelining_every_command_waits_for_its_reply() -> None:
    server = ModelServer()
    converse(server, [mail(number) for number in range(3)], LOCK_STEP, whole())
    assert [write.split(b" ")[0].strip() for write in server.writes[:3]] == [
        b"MAIL",
        b"RCPT",
        b"DATA",
    ]
    assert len(server.writes) == 3 * 4


def test_a_refused_recipient_whose_data_was_taken_gets_an_empty_content_that_nobody_gets() -> None:
    server = ModelServer({"reader0@example.org": ("RCPT", "550 5.1.1 unknown")}, eager=True)
    outcomes = converse(server, [mail(0), mail(1)], PIPELINING, whole())
    assert outcomes == [
        Refused("0", 550, "5.1.1 unknown"),
        Accepted("1", "250 2.0.0 taken"),
    ]
    assert b".\r\n" in server.writes
    assert [recipient for recipient, _ in server.taken] == ["reader1@example.org"]


def test_the_mail_after_a_refused_one_begins_with_rset() -> None:
    server = ModelServer({"reader0@example.org": ("RCPT", "550 5.1.1 unknown")})
    converse(server, [mail(0), mail(1)], PIPELINING, whole())
    assert server.writes[1].startswith(b"RSET\r\nMAIL FROM:<bounces@example.org>")


def test_refusals_in_a_row_wear_a_connection_out() -> None:
    conversation = DataConversation(PIPELINING, relay="mail.example.org")
    unknown = {f"reader{number}@example.org": ("RCPT", "550 5.1.1 no") for number in range(9)}
    server = ModelServer(unknown)
    for number in range(REFUSALS_IN_A_ROW):
        assert not conversation.worn_out
        conversation.receive(server.answer(conversation.offer(mail(number))))
    assert conversation.worn_out
    assert not conversation.wants_mail


def _states() -> Iterator[tuple[str, Conversation]]:
    """Yield a conversation in each state it may be in when something odd is said."""
    for extensions in (PIPELINING, LOCK_STEP):
        server = ModelServer()
        conversation = DataConversation(extensions, relay="mail.example.org")
        yield "idle", conversation
        conversation = DataConversation(extensions, relay="mail.example.org")
        out = conversation.offer(mail(1))
        yield "envelope out", conversation
        conversation = DataConversation(extensions, relay="mail.example.org")
        out = conversation.offer(mail(1))
        while not conversation.holds_content:
            out = conversation.receive(server.answer(out))
        yield "content wanted", conversation


def _with_content_out() -> Conversation:
    server = ModelServer()
    conversation = DataConversation(PIPELINING, relay="mail.example.org")
    conversation.receive(server.answer(conversation.offer(mail(1))))
    assert b"".join(conversation.content()).endswith(b".\r\n")
    assert conversation.offer(mail(2))
    return conversation


SAYINGS = (
    *(b"250 ok\r\n", b"250-", b"354 go\r\n", b"\r\n", b"\n", b"421 x\r\n", b"550 no\r\n"),
    *(b"999 ?\r\n", b"25", b"0", b" ", b"250-a\r\n251 b\r\n", b"\xff\xfe", b"220 hello\r\n"),
)
NOISE = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from(SAYINGS),
        max_size=12,
    ).map(b"".join),
)
ENDS = (ConnectionEnds, BrokenReply, RelayUnavailable)


@given(noise=NOISE, cuts=st.lists(st.integers(1, 20), min_size=1))
def test_noise_before_a_content_is_out_never_makes_a_mail_sent(
    noise: bytes, cuts: list[int]
) -> None:
    for state, conversation in _states():
        _hear(conversation, noise, cycle(cuts))
        left = conversation.unfinished("noise", unwritten=0)
        told = [type(one) for one in conversation.outcomes]
        assert Accepted not in told, state
        assert InDoubt not in told, state
        assert len(told) + len(left) == (0 if state == "idle" else 1), state


@given(noise=NOISE, cuts=st.lists(st.integers(1, 20), min_size=1))
def test_noise_after_a_content_leaves_every_mail_with_one_fate(
    noise: bytes, cuts: list[int]
) -> None:
    conversation = _with_content_out()
    _hear(conversation, noise, cycle(cuts))
    left = conversation.unfinished("noise", unwritten=0)
    fates = sorted([one.mail_id for one in conversation.outcomes] + [one.id for one in left])
    assert fates == ["1", "2"]
    if any(isinstance(one, Accepted) for one in conversation.outcomes):
        assert noise.startswith(b"2")  # its own final reply, and only that


def _hear(conversation: Conversation, noise: bytes, cuts: Iterator[int]) -> None:
    try:
        while noise:
            size = next(cuts)
            conversation.receive(noise[:size])
            noise = noise[size:]
    except ENDS:
        pass


def test_a_content_is_in_doubt_though_the_envelope_behind_it_was_not_written() -> None:
    conversation = _with_content_out()
    envelope = (
        b"MAIL FROM:<bounces@example.org> SIZE=23\r\nRCPT TO:<reader2@example.org>\r\nDATA\r\n"
    )
    left = conversation.unfinished("it hung up", unwritten=len(envelope))
    assert [one.id for one in left] == ["2"]
    assert [type(one) for one in conversation.outcomes] == [InDoubt]
    conversation = _with_content_out()
    left = conversation.unfinished("it hung up", unwritten=len(envelope) + 1)
    assert [one.id for one in left] == ["1", "2"]
    assert conversation.outcomes == []


def test_a_content_that_is_taken_before_it_was_written_is_not_taken() -> None:
    conversation = _with_content_out()
    with pytest.raises(ConnectionEnds, match=TOO_EARLY):
        conversation.receive(b"250 2.0.0 taken\r\n", unwritten=200)
    assert [one.id for one in conversation.unfinished("", unwritten=200)] == ["1", "2"]
    assert conversation.outcomes == []


def test_a_content_refused_before_it_was_written_is_put_off() -> None:
    conversation = _with_content_out()
    conversation.receive(b"552 5.3.4 too big\r\n", unwritten=200)
    assert conversation.outcomes == [Deferred("1", 552, "5.3.4 too big")]


@pytest.mark.parametrize(
    ("offered", "refused"),
    [("1000", True), ("1001", False), ("0", False), ("", False), ("lots", False)],
)
def test_a_mail_larger_than_the_relay_takes_is_refused_without_being_said(
    offered: str, refused: bool
) -> None:
    conversation = DataConversation(Extensions.of({"size": offered}), relay="mail.example.org")
    said = conversation.offer(mail(1, b"x" * 999 + b"\r\n"))
    if refused:
        assert said == b""
        words = "5.3.4 The mail has 1001 octets, the relay takes 1000."
        assert conversation.outcomes == [Refused("1", 552, words)]
        assert conversation.idle
    else:
        assert said.startswith(b"MAIL FROM:<bounces@example.org> SIZE=1001\r\n")
        assert conversation.outcomes == []


def test_a_reply_without_end_is_cut_off() -> None:
    conversation = _with_content_out()
    with pytest.raises(BrokenReply):
        for piece in chain([b"250-"], repeat(b"x" * 1000, 20)):
            conversation.receive(piece)
    conversation = _with_content_out()
    with pytest.raises(BrokenReply):
        for piece in repeat(b"250-more\r\n", 200):
            conversation.receive(piece)


def test_421_instead_of_the_final_reply_gives_both_mails_back() -> None:
    conversation = _with_content_out()
    with pytest.raises(ConnectionEnds):
        conversation.receive(b"421 4.3.2 going down\r\n")
    left = conversation.unfinished("421", unwritten=0)
    assert [one.id for one in left] == ["1", "2"]
    assert conversation.outcomes == []
