"""Connections to the model server that end anywhere, and the mails that go on over the next."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.mail.outgoing import Outcome, OutgoingMail
from newsletter.mail.smtp import ConnectionEnds, Conversation
from tests.mail.smtp_model import ModelServer, cut, go_on

_ENOUGH = 10_000_000
_MOST_CONNECTIONS = 200


@dataclass
class Way:
    """How many octets a connection carries before it ends.

    Args:
        written: that our network takes.
        read: of those, that the server gets.
        heard: of the replies, that come back.
    """

    written: int = _ENOUGH
    read: int = _ENOUGH
    heard: int = _ENOUGH

    def carry(self, name: str, data: bytes) -> bytes:
        """Return what gets through, and count it."""
        left = getattr(self, name)
        setattr(self, name, left - len(data[:left]))
        return data[:left]


def converse_by_way(
    conversation: Conversation,
    server: ModelServer,
    waiting: deque[OutgoingMail],
    way: Way,
    cuts: Iterator[int],
) -> list[OutgoingMail]:
    """Send until all is said or the connection ends; return the mails that were not taken."""
    outbox = b""
    while True:
        outbox += go_on(conversation, waiting)
        written = way.carry("written", outbox)
        outbox = outbox[len(written) :]
        replies = server.answer(way.carry("read", written)) if written else b""
        heard = way.carry("heard", replies)
        try:
            for piece in cut(heard, cuts):
                outbox += conversation.receive(piece, unwritten=len(outbox))
        except ConnectionEnds as end:
            return conversation.unfinished(str(end), unwritten=len(outbox))
        if conversation.idle and (conversation.worn_out or not waiting):
            return []
        if not (heard or written):
            return conversation.unfinished("it was cut", unwritten=len(outbox))


def send_over(
    ways: Sequence[Way],
    begin: Callable[[], Conversation],
    server: ModelServer,
    mails: Sequence[OutgoingMail],
    cuts: Iterator[int],
) -> list[Outcome]:
    """Send mails over connections that end so, then over whole ones; return all outcomes."""
    waiting, outcomes, coming = deque(mails), list[Outcome](), iter(ways)
    for _ in range(_MOST_CONNECTIONS):
        if not waiting:
            return outcomes
        server.connect()
        conversation = begin()
        left = converse_by_way(conversation, server, waiting, next(coming, Way()), cuts)
        outcomes += conversation.outcomes
        waiting.extendleft(reversed(left))
    raise AssertionError(f"{len(waiting)} mails never got an outcome")
