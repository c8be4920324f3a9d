"""Several mails in flight by BDAT: each reply finds its mail, whatever became of the others."""

from contextlib import suppress
from itertools import cycle, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.outgoing import (
    Accepted,
    Deferred,
    InDoubt,
    OutgoingMail,
    Refused,
    RelayUnavailable,
)
from newsletter.mail.smtp import REFUSALS_IN_A_ROW, TOO_EARLY, ConnectionEnds
from newsletter.mail.smtp_bdat import BdatConversation
from newsletter.mail.smtp_envelope import Extensions
from newsletter.mail.smtp_replies import BrokenReply
from tests.mail.smtp_model import ModelServer, converse, cut

EXTENSIONS = Extensions(pipelining=True, chunking=True)
CONTENT = b"Subject: one\r\n\r\n.words\r\n.\r\n"
UNKNOWN = ("RCPT", "550 5.1.1 unknown")
SAYINGS = (
    *(b"250 ok\r\n", b"250-", b"354 go\r\n", b"\r\n", b"421 x\r\n", b"550 no\r\n", b"999 ?\r\n"),
    *(b"25", b"0 ", b"250-a\r\n251 b\r\n", b"503 no\r\n", b"554 no\r\n", b"\xff\xfe"),
)
ONE_OK = b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n250 2.0.0 taken\r\n"


def mail(number: int, content: bytes = CONTENT) -> OutgoingMail:
    recipient = f"reader{number}@example.org"
    return OutgoingMail(str(number), f"bounces+{number}@example.org", recipient, content)


def in_flight(count: int, *, depth: int = 4) -> tuple[BdatConversation, list[bytes]]:
    """A conversation with so many mails written, and what was written for each."""
    conversation = BdatConversation(EXTENSIONS, relay="mail.example.org", depth=depth)
    return conversation, [conversation.offer(mail(number)) for number in range(count)]


def test_as_many_mails_as_the_depth_are_one_write() -> None:
    server = ModelServer()
    outcomes = converse(server, [mail(n) for n in range(10)], EXTENSIONS, repeat(9), depth=4)
    assert outcomes == [Accepted(str(n), "250 2.0.0 taken") for n in range(10)]
    assert [content for _, content in server.taken] == [CONTENT] * 10, "no dot was doubled"
    assert [write.count(b"BDAT") for write in server.writes] == [4, 4, 2]


@given(content=st.binary(max_size=200), depth=st.integers(1, 5))
def test_octets_are_counted_whatever_the_content_is(content: bytes, depth: int) -> None:
    server = ModelServer()
    mails = [mail(0, content), mail(1), mail(2, content)]
    outcomes = converse(server, mails, EXTENSIONS, repeat(65_536), depth=depth)
    assert [type(one) for one in outcomes] == [Accepted] * 3
    for _, taken in server.taken:
        assert taken.count(b"\r\n") == taken.count(b"\r") == taken.count(b"\n"), "no bare line end"


def test_an_envelope_that_was_refused_is_out_of_the_way_of_the_next() -> None:
    fates = {
        "reader0@example.org": UNKNOWN,
        "bounces+1@example.org": ("MAIL", "451 4.3.0 later"),
        "reader2@example.org": ("CONTENT", "452 4.2.2 full"),
    }
    server = ModelServer(fates)
    outcomes = converse(server, [mail(n) for n in range(5)], EXTENSIONS, cycle([3]), depth=5)
    assert outcomes == [
        Refused("0", 550, "5.1.1 unknown"),
        Deferred("1", 451, "4.3.0 later"),
        Deferred("2", 452, "4.2.2 full"),
        Accepted("3", "250 2.0.0 taken"),
        Accepted("4", "250 2.0.0 taken"),
    ]


def test_a_single_mail_after_a_refused_one_begins_with_rset() -> None:
    conversation, [first] = in_flight(1, depth=1)
    conversation.receive(b"250 ok\r\n550 5.1.1 no\r\n554 no recipients\r\n")
    assert not first.startswith(b"RSET")
    assert conversation.offer(mail(1)).startswith(b"RSET\r\nMAIL FROM:<bounces+1@example.org>")
    conversation.receive(b"250 ok\r\n" + ONE_OK)
    assert conversation.offer(mail(2)).startswith(b"MAIL")


def test_no_more_are_refused_in_a_row_than_a_connection_bears() -> None:
    server = ModelServer({f"reader{number}@example.org": UNKNOWN for number in range(20)})
    outcomes = converse(server, [mail(n) for n in range(20)], EXTENSIONS, repeat(99), depth=3)
    assert [type(one) for one in outcomes] == [Refused] * 20
    conversation, _ = in_flight(3, depth=3)
    for number in range(REFUSALS_IN_A_ROW):
        if conversation.wants_mail:
            conversation.offer(mail(10 + number))
        conversation.receive(b"250 ok\r\n" if number else b"")
        conversation.receive(b"250 ok\r\n550 5.1.1 no\r\n554 no recipients\r\n")
    assert conversation.worn_out
    assert conversation.idle


@pytest.mark.parametrize("unwritten", range(0, 260, 7))
def test_only_what_was_wholly_written_is_in_doubt(unwritten: int) -> None:
    conversation, said = in_flight(3)
    ends = [len(b"".join(said[: number + 1])) for number in range(3)]
    written = ends[-1] - unwritten
    left = conversation.unfinished("it hung up", unwritten=unwritten)
    assert [one.id for one in left] == [str(n) for n in range(3) if ends[n] > written]
    assert all(isinstance(one, InDoubt) for one in conversation.outcomes)
    assert [one.mail_id for one in conversation.outcomes] == [
        str(n) for n in range(3) if ends[n] <= written
    ]


def test_an_envelope_refused_before_the_end_stands() -> None:
    conversation, _ = in_flight(2)
    conversation.receive(b"250 ok\r\n550 5.1.1 no\r\n")
    assert conversation.unfinished("it hung up", unwritten=0) == []
    assert conversation.outcomes[0] == Refused("0", 550, "5.1.1 no")
    assert isinstance(conversation.outcomes[1], InDoubt)


def test_421_leaves_nothing_in_doubt_since_nothing_is_read_after_it() -> None:
    conversation, _ = in_flight(3)
    conversation.receive(ONE_OK)
    with pytest.raises(ConnectionEnds):
        conversation.receive(b"421 4.7.0 enough for one connection\r\n")
    left = conversation.unfinished("421", unwritten=0)
    assert [one.id for one in left] == ["1", "2"]
    assert conversation.outcomes == [Accepted("0", "250 2.0.0 taken")]


def test_a_mail_that_is_taken_before_it_was_written_is_not_taken() -> None:
    conversation, said = in_flight(2)
    with pytest.raises(ConnectionEnds, match=TOO_EARLY):
        conversation.receive(ONE_OK, unwritten=len(said[1]) + 1)
    left = conversation.unfinished(TOO_EARLY, unwritten=len(said[1]) + 1)
    assert [one.id for one in left] == ["0", "1"]
    assert conversation.outcomes == []


def test_a_refused_sender_is_told_when_all_in_flight_have_their_replies() -> None:
    conversation, _ = in_flight(3)
    conversation.receive(b"550 5.7.1 not your address\r\n503 no\r\n503 no\r\n")
    assert not conversation.wants_mail
    conversation.receive(b"250 ok\r\n" + ONE_OK)
    with pytest.raises(RelayUnavailable, match="refuses our sender"):
        conversation.receive(b"250 ok\r\n550 5.7.1 not your address\r\n503 no\r\n503 no\r\n")
    assert conversation.outcomes == [Accepted("1", "250 2.0.0 taken")]
    assert [one.id for one in conversation.unfinished("", unwritten=0)] == ["0", "2"]


def test_a_reply_that_makes_no_sense_leaves_what_was_written_in_doubt() -> None:
    conversation, _ = in_flight(2)
    with pytest.raises(ConnectionEnds):
        conversation.receive(b"250 ok\r\n250 ok\r\n354 what\r\n")
    assert conversation.unfinished("odd", unwritten=0) == []
    assert [type(one) for one in conversation.outcomes] == [InDoubt, InDoubt]


@given(
    noise=st.lists(st.sampled_from(SAYINGS) | st.binary(max_size=12), max_size=12).map(b"".join),
    cuts=st.lists(st.integers(1, 20), min_size=1),
    unwritten=st.integers(0, 300),
)
def test_noise_leaves_every_mail_in_flight_with_one_fate(
    noise: bytes, cuts: list[int], unwritten: int
) -> None:
    conversation, _ = in_flight(3)
    with suppress(ConnectionEnds, BrokenReply, RelayUnavailable):
        for piece in cut(noise, cycle(cuts)):
            conversation.receive(piece, unwritten=unwritten)
    left = conversation.unfinished("noise", unwritten=unwritten)
    fates = [one.mail_id for one in conversation.outcomes] + [one.id for one in left]
    assert sorted(fates) == ["0", "1", "2"]
    if any(isinstance(one, Accepted) for one in conversation.outcomes):
        assert noise.startswith(b"2")
