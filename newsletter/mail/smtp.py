"""The SMTP engine: what is said to a relay, and what its replies mean; without any I/O.

It is fed with octets and returns octets and outcomes, so that every way a server may cut, delay or
break its replies can be tried without one. The connection is greeted, protected and signed in
before (`smtp_connection.py`).

With PIPELINING (RFC 2920) the content of one mail and the envelope of the next are one write, so
that a mail costs one round trip. Without it every command waits for its reply.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.mail.addresses import AddressError, mailable_address
from newsletter.mail.outgoing import (
    Accepted,
    InDoubt,
    Outcome,
    OutgoingMail,
    Refused,
    RelayUnavailable,
)
from newsletter.mail.smtp_replies import CLOSING, Reply, ReplyReader, Step, not_taken
from newsletter.mail.wire import on_the_wire

#: Postfix hangs up after ten errors and counts a pipelined refusal twice or thrice.
REFUSALS_IN_A_ROW = 4


class ConnectionEnds(Exception):
    """The relay or we end the connection; the mails without an outcome were not taken."""

    def __init__(self, reason: str, *, closing: Reply | None = None) -> None:
        super().__init__(reason)
        self.closing = closing  # the relay's 421, if it said so


@dataclass(frozen=True)
class Extensions:
    """What the relay offered in its answer to EHLO."""

    pipelining: bool = False
    size: bool = False
    smtputf8: bool = False

    @classmethod
    def of(cls, names: Iterable[str]) -> "Extensions":
        """Read the keywords of an EHLO reply."""
        offered = {name.casefold() for name in names}
        return cls("pipelining" in offered, "size" in offered, "smtputf8" in offered)


class _Envelope:
    """A mail whose envelope is being answered."""

    __slots__ = ("failed", "mail", "ready")

    def __init__(self, mail: OutgoingMail) -> None:
        self.mail = mail
        self.failed: tuple[Step, Reply] | None = None
        self.ready = False  # 354: the content may go


class Conversation:
    """The mails of one connection: at most one whose content is out, and one envelope ahead."""

    def __init__(self, extensions: Extensions, *, relay: str) -> None:
        self._extensions = extensions
        self._relay = relay
        self._reader = ReplyReader()
        self._awaited: deque[Step] = deque()  # replies to come, in order
        self._held: deque[tuple[Step, bytes]] = deque()  # commands that wait for a reply
        self._content: OutgoingMail | None = None  # whose final reply is awaited
        self._envelope: _Envelope | None = None
        self._not_taken: list[OutgoingMail] = []  # answered, but about the relay, not the reader
        self._needs_reset = False
        self._refusals = 0
        self.served = 0  # mails with an outcome of the relay
        self.outcomes: list[Outcome] = []
        #: Refusals and whose mail was refused, for the gate; a 421 comes with ConnectionEnds.
        self.refused: list[tuple[Reply, str]] = []

    @property
    def wants_mail(self) -> bool:
        """Whether the next envelope may be offered now, were it not for the content that waits."""
        return self._envelope is None and self._refusals < REFUSALS_IN_A_ROW

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._awaited and self._envelope is None and self._content is None

    @property
    def content_is_out(self) -> bool:
        """Whether a content was written whose reply is awaited."""
        return Step.CONTENT in self._awaited

    @property
    def worn_out(self) -> bool:
        """Whether so many mails were refused in a row that a fresh connection is due."""
        return self._refusals >= REFUSALS_IN_A_ROW

    @property
    def holds_content(self) -> bool:
        """Whether the relay waits for the content of a mail."""
        return self._envelope is not None and self._envelope.ready

    @property
    def pipelines(self) -> bool:
        """Whether an envelope may be sent together with the content before it."""
        return self._extensions.pipelining

    @property
    def awaits_final_reply(self) -> bool:
        """Whether the next reply is the one that takes ten minutes at worst."""
        return bool(self._awaited) and self._awaited[0] is Step.CONTENT

    def content(self) -> list[bytes]:
        """Hand over the content the relay waits for."""
        envelope = self._envelope
        if envelope is None or not envelope.ready:
            return []
        self._envelope = None
        self._content = envelope.mail
        self._awaited.append(Step.CONTENT)
        return on_the_wire(envelope.mail)

    def offer(self, mail: OutgoingMail) -> bytes:
        """Return the envelope of the next mail; nothing where this mail can never go."""
        commands = self._commands(mail)
        if commands is None:
            return b""
        if self._needs_reset:
            commands.insert(0, (Step.RSET, b"RSET\r\n"))
            self._needs_reset = False
        self._envelope = _Envelope(mail)
        self._held.extend(commands)
        return self._released()

    def receive(self, data: bytes) -> bytes:
        """Take what the relay wrote; return what is to be written at once.

        Raises:
            ConnectionEnds, BrokenReply: the connection is of no further use.
            RelayUnavailable: the relay takes no mail of ours now.
        """
        out = b""
        for reply in self._reader.feed(data):
            if not self._awaited:
                raise ConnectionEnds(f"it said {reply} unasked", closing=_closing(reply))
            out += self._answered(self._awaited.popleft(), reply)
        return out + self._released()

    def unfinished(self, why: str, *, content_written: bool) -> list[OutgoingMail]:
        """End: mails in doubt become outcomes, those that were not taken are returned."""
        left = [*self._not_taken, *([self._envelope.mail] if self._envelope else [])]
        if self._content is not None:
            if content_written:
                words = f"The connection ended before the reply: {why}"
                self.outcomes.append(InDoubt(self._content.id, words))
            else:
                left.insert(0, self._content)
        self._content = self._envelope = None
        self._not_taken.clear()
        return left

    def _commands(self, mail: OutgoingMail) -> list[tuple[Step, bytes]] | None:
        sender, recipient = mail.sender, mail.recipient
        if not mail.checked:
            try:
                sender = mailable_address(sender) if sender else ""
                recipient = mailable_address(recipient)
            except AddressError as error:
                self._impossible(mail, f"5.1.3 {error}")
                return None
        options = f" SIZE={len(mail.content)}" if self._extensions.size else ""
        if not (sender.isascii() and recipient.isascii()):
            if not self._extensions.smtputf8:
                self._impossible(mail, "5.6.7 The relay does not offer SMTPUTF8.")
                return None
            options += " SMTPUTF8"
        return [
            (Step.MAIL, f"MAIL FROM:<{sender}>{options}\r\n".encode()),
            (Step.RCPT, f"RCPT TO:<{recipient}>\r\n".encode()),
            (Step.DATA, b"DATA\r\n"),
        ]

    def _impossible(self, mail: OutgoingMail, why: str) -> None:
        self.outcomes.append(Refused(mail.id, 553, why))

    def _released(self) -> bytes:
        """Return the commands that may go now: all, or one at a time without PIPELINING."""
        out = []
        while self._held and (self._extensions.pipelining or not self._awaited):
            step, command = self._held.popleft()
            self._awaited.append(step)
            out.append(command)
        return b"".join(out)

    def _answered(self, step: Step, reply: Reply) -> bytes:
        if reply.code == CLOSING:
            self._give_back_content(step)
            raise ConnectionEnds(f"it said {reply}", closing=reply)
        if step is Step.CONTENT:
            self._content_answered(reply)
        elif step is Step.RSET:
            if reply.code // 100 != 2:
                raise ConnectionEnds(f"it answered RSET with {reply}")
        elif step is Step.LONE_DOT:
            self._envelope_failed()
        else:
            return self._envelope_answered(step, reply)
        return b""

    def _content_answered(self, reply: Reply) -> None:
        mail, self._content = self._content, None
        assert mail is not None, "a final reply is awaited only while a content is out"
        self.served += 1
        if reply.code // 100 == 2:
            self._refusals = 0
            self.outcomes.append(Accepted(mail.id, str(reply)))
        elif 400 <= reply.code < 600:
            self._content_refused(mail, reply)
        else:
            text = f"The reply could not be understood: {reply}"
            self.outcomes.append(InDoubt(mail.id, text))
            raise ConnectionEnds(f"it answered the content with {reply}")

    def _envelope_answered(self, step: Step, reply: Reply) -> bytes:
        envelope = self._envelope
        assert envelope is not None, "these replies are awaited only while an envelope is out"
        wanted = 3 if step is Step.DATA else 2
        if reply.code // 100 != wanted and envelope.failed is None:
            envelope.failed = (step, reply)
            if not self._extensions.pipelining:
                self._held.clear()  # what follows a refusal would be refused too
                self._envelope_failed()
                return b""
        if step is not Step.DATA:
            return b""
        if envelope.failed is None:
            envelope.ready = True
        elif reply.code // 100 == 3:
            # RFC 2920 §3.1: DATA was taken although no recipient was; end the empty content.
            self._awaited.appendleft(Step.LONE_DOT)
            return b".\r\n"
        else:
            self._envelope_failed()
        return b""

    def _envelope_failed(self) -> None:
        envelope = self._envelope
        assert envelope is not None, "only an envelope that is out can fail"
        assert envelope.failed is not None, "its failure was noted"
        step, reply = envelope.failed
        self.refused.append((reply, "" if step is Step.MAIL else envelope.mail.recipient))
        # Raises with the envelope still ours: its mail is not taken and goes elsewhere.
        outcome = not_taken(envelope.mail.id, step, reply, relay=self._relay)
        self._envelope, self._needs_reset = None, True
        self.served += 1
        self._refusals += 1
        self.outcomes.append(outcome)

    def _content_refused(self, mail: OutgoingMail, reply: Reply) -> None:
        self._refusals += 1
        self.refused.append((reply, mail.recipient))
        try:
            self.outcomes.append(not_taken(mail.id, Step.CONTENT, reply, relay=self._relay))
        except RelayUnavailable:
            self._not_taken.append(mail)
            raise

    def _give_back_content(self, step: Step) -> None:
        if step is Step.CONTENT and self._content is not None:
            self._not_taken.append(self._content)
            self._content = None


def _closing(reply: Reply) -> Reply | None:
    return reply if reply.code == CLOSING else None
