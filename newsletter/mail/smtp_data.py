"""The conversation by DATA, which every server takes.

With PIPELINING (RFC 2920) the content of one mail and the envelope of the next are one write, so
that a mail costs one round trip. Without it every command waits for its reply.
"""

from collections import deque

from newsletter.mail.outgoing import OutgoingMail, Refused, RelayUnavailable
from newsletter.mail.smtp import REFUSALS_IN_A_ROW, TOO_EARLY, ConnectionEnds, Conversation
from newsletter.mail.smtp_envelope import Command, Extensions, envelope
from newsletter.mail.smtp_replies import CLOSING, Reply, Step
from newsletter.mail.wire import on_the_wire


class _Envelope:
    """A mail whose envelope is being answered."""

    __slots__ = ("failed", "mail", "ready")

    def __init__(self, mail: OutgoingMail) -> None:
        self.mail = mail
        self.failed: tuple[Step, Reply] | None = None
        self.ready = False  # 354: the content may go


class DataConversation(Conversation):
    """At most one mail whose content is out, and one envelope ahead."""

    def __init__(self, extensions: Extensions, *, relay: str) -> None:
        super().__init__(extensions, relay=relay)
        self._held: deque[Command] = deque()  # commands that wait for a reply
        self._content: OutgoingMail | None = None  # whose final reply is awaited
        self._content_end = 0  # the octet after its final dot
        self._envelope: _Envelope | None = None
        self._not_taken: list[OutgoingMail] = []  # answered, but about the relay, not the reader

    @property
    def wants_mail(self) -> bool:
        """Whether a mail may be offered now: none is under way."""
        return self.idle and self._refusals < REFUSALS_IN_A_ROW

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._awaited and self._envelope is None and self._content is None

    @property
    def held(self) -> OutgoingMail | None:
        """The mail whose content the relay waits for."""
        ahead = self._envelope
        return ahead.mail if ahead is not None and ahead.ready else None

    def content(self) -> list[bytes]:
        """Hand over the content the relay waits for."""
        ahead = self._envelope
        if ahead is None or not ahead.ready:
            return []
        self._envelope = None
        self._content = ahead.mail
        self._awaited.append(Step.CONTENT)
        pieces = on_the_wire(ahead.mail)
        self._said += sum(map(len, pieces))
        self._content_end = self._said
        return pieces

    def offer(self, mail: OutgoingMail) -> bytes:
        """Return the envelope of the next mail; nothing where this mail can never go."""
        commands = envelope(mail, self._extensions)
        if isinstance(commands, Refused):
            self.outcomes.append(commands)
            return b""
        if self._needs_reset:
            commands.insert(0, (Step.RSET, b"RSET\r\n"))
            self._needs_reset = False
        self._envelope = _Envelope(mail)
        self._held.extend([*commands, (Step.DATA, b"DATA\r\n")])
        return self._counted(self._released())

    def receive(self, data: bytes, *, unwritten: int = 0) -> bytes:
        """Take what the relay wrote; return what is to be written at once."""
        return self._counted(super().receive(data, unwritten=unwritten) + self._released())

    def _left(self, why: str) -> list[OutgoingMail]:
        left = [*self._not_taken, *([self._envelope.mail] if self._envelope else [])]
        if self._content is not None:
            if self._content_end <= self._written:
                self._in_doubt(self._content, why)
            else:
                left.insert(0, self._content)
        self._content = self._envelope = None
        self._not_taken.clear()
        return left

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
        mail = self._content
        assert mail is not None, "a final reply is awaited only while a content is out"
        if reply.code // 100 == 2 and self._written < self._content_end:
            raise ConnectionEnds(TOO_EARLY)
        self._content = None
        try:
            self._judge_content(mail, reply)
        except RelayUnavailable:
            self._not_taken.append(mail)
            raise

    def _envelope_answered(self, step: Step, reply: Reply) -> bytes:
        ahead = self._envelope
        assert ahead is not None, "these replies are awaited only while an envelope is out"
        wanted = 3 if step is Step.DATA else 2
        if reply.code // 100 != wanted and ahead.failed is None:
            ahead.failed = (step, reply)
            if not self._extensions.pipelining:
                self._held.clear()  # what follows a refusal would be refused too
                self._envelope_failed()
                return b""
        if step is not Step.DATA:
            return b""
        if ahead.failed is None:
            ahead.ready = True
        elif reply.code // 100 == 3:
            # RFC 2920 §3.1: DATA was taken although no recipient was; end the empty content.
            self._awaited.appendleft(Step.LONE_DOT)
            return b".\r\n"
        else:
            self._envelope_failed()
        return b""

    def _envelope_failed(self) -> None:
        ahead = self._envelope
        assert ahead is not None, "only an envelope that is out can fail"
        assert ahead.failed is not None, "its failure was noted"
        step, reply = ahead.failed
        # Raises with the envelope still ours: its mail is not taken and goes elsewhere.
        self._judge(ahead.mail, step, reply)
        self._envelope, self._needs_reset = None, True
        self.served += 1

    def _give_back_content(self, step: Step) -> None:
        if step is Step.CONTENT and self._content is not None:
            self._not_taken.append(self._content)
            self._content = None
