"""The SMTP engine: what is said to a relay, and what its replies mean; without any I/O.

It is fed with octets and returns octets and outcomes, so that every way a server may cut, delay or
break its replies can be tried without one. The connection is greeted, protected and signed in
before (`smtp_connection.py`).

A conversation is the mails of one connection. There are two: by DATA, which every server takes
(`smtp_data.py`), and by BDAT, which keeps several mails in flight (`smtp_bdat.py`).
"""

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import replace

from newsletter.mail.outgoing import Accepted, InDoubt, Outcome, OutgoingMail, RelayUnavailable
from newsletter.mail.smtp_envelope import Extensions
from newsletter.mail.smtp_replies import CLOSING, Reply, ReplyReader, Step, not_taken

#: Postfix hangs up after twenty errors and counts a pipelined refusal twice or thrice.
REFUSALS_IN_A_ROW = 4
#: Why a connection ends whose replies no longer fit what we said.
TOO_EARLY = "it took a mail before it had all of it"


class ConnectionEnds(Exception):
    """The relay or we end the connection; the mails without an outcome were not taken."""

    def __init__(self, reason: str, *, closing: Reply | None = None) -> None:
        super().__init__(reason)
        self.closing = closing  # the relay's 421, if it said so


class Conversation(ABC):
    """What both conversations share: replies in order, outcomes, and octets that are counted."""

    #: Whether `offer` returns the content of a mail too, or a later `content` does.
    offers_content = False

    def __init__(self, extensions: Extensions, *, relay: str) -> None:
        self._extensions = extensions
        self._relay = relay
        self._reader = ReplyReader()
        self._awaited: deque[Step] = deque()  # replies to come, in order
        self._needs_reset = False
        self._refusals = 0
        self._said = 0  # octets that were handed out to be written
        self._written = 0  # those of them that the network took
        self.heard = 0  # replies
        self.served = 0  # mails with an outcome of the relay
        self.unavailable: RelayUnavailable | None = None  # raised when all in flight is answered
        self.outcomes: list[Outcome] = []
        #: Refusals and whose mail was refused, for the gate; a 421 comes with ConnectionEnds.
        self.refused: list[tuple[Reply, str]] = []

    @property
    def awaited(self) -> Step | None:
        """What the next reply is to answer."""
        return self._awaited[0] if self._awaited else None

    @property
    def content_is_out(self) -> bool:
        """Whether a content was written whose reply is awaited."""
        return Step.CONTENT in self._awaited

    @property
    def worn_out(self) -> bool:
        """Whether so many mails were refused in a row that a fresh connection is due."""
        return self._refusals >= REFUSALS_IN_A_ROW

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Whether nothing is under way."""

    @property
    @abstractmethod
    def wants_mail(self) -> bool:
        """Whether a mail may be offered now."""

    @property
    def holds_content(self) -> bool:
        """Whether the relay waits for the content of a mail."""
        return self.held is not None

    @property
    def held(self) -> OutgoingMail | None:
        """The mail whose content the relay waits for."""
        return None

    @property
    def pipelines(self) -> bool:
        """Whether an envelope may be sent together with the content before it."""
        return self._extensions.pipelining

    @abstractmethod
    def offer(self, mail: OutgoingMail) -> bytes:
        """Return the first words of the next mail; nothing where this mail can never go."""

    def content(self) -> list[bytes]:
        """Hand over the content the relay waits for."""
        return []

    def receive(self, data: bytes, *, unwritten: int = 0) -> bytes:
        """Take what the relay wrote; return what is to be written at once.

        Args:
            unwritten: how many of the octets handed out the network has not taken.

        Raises:
            ConnectionEnds, BrokenReply: the connection is of no further use.
            RelayUnavailable: the relay takes no mail of ours now.
        """
        self._written = self._said - unwritten
        out = b""
        for reply in self._reader.feed(data):
            if not self._awaited:
                raise ConnectionEnds(f"it said {reply} unasked", closing=_closing(reply))
            self.heard += 1
            out += self._answered(self._awaited.popleft(), reply)
        return out

    def unfinished(self, why: str, *, unwritten: int) -> list[OutgoingMail]:
        """End: mails in doubt become outcomes, those that were not taken are returned."""
        self._written = self._said - unwritten
        return self._left(why)

    @abstractmethod
    def _left(self, why: str) -> list[OutgoingMail]:
        """Tell the mails in doubt, which are those wholly written; return the others, in order."""

    @abstractmethod
    def _answered(self, step: Step, reply: Reply) -> bytes:
        """Take the reply to one command; return what is to be written at once."""

    def _counted(self, out: bytes) -> bytes:
        self._said += len(out)
        return out

    def _in_doubt(self, mail: OutgoingMail, why: str) -> None:
        words = f"The connection ended before the reply: {why}"
        self.outcomes.append(InDoubt(mail.id, words))

    def _judge(self, mail: OutgoingMail, step: Step, reply: Reply) -> None:
        """Add the outcome of a mail that was refused.

        Raises:
            RelayUnavailable: the reply is not about this mail, which was not taken.
        """
        self._refusals += 1
        reply = replace(reply, to_content=step in (Step.DATA, Step.CONTENT))
        self.refused.append((reply, "" if step is Step.MAIL else mail.recipient))
        self.outcomes.append(not_taken(mail.id, step, reply, relay=self._relay))

    def _judge_content(self, mail: OutgoingMail, reply: Reply) -> None:
        """Add the outcome of a mail whose content was answered.

        Raises:
            ConnectionEnds: the reply makes no sense, and the mail is in doubt.
            RelayUnavailable: the reply is not about this mail, which was not taken.
        """
        self.served += 1
        if reply.code // 100 == 2:
            self._refusals = 0
            self.outcomes.append(Accepted(mail.id, str(reply)))
        elif 400 <= reply.code < 600:
            self._judge(mail, Step.CONTENT, reply)
        else:
            text = f"The reply could not be understood: {reply}"
            self.outcomes.append(InDoubt(mail.id, text))
            raise ConnectionEnds(f"it answered the content with {reply}")


def _closing(reply: Reply) -> Reply | None:
    return reply if reply.code == CLOSING else None
