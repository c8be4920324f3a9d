"""The conversation by BDAT (RFC 3030): several mails in flight on one connection.

The length of a content stands before it, so nothing of a mail waits for a reply: envelope and
content of several mails are pipelined, and over a long way a connection carries `depth` mails each
round trip instead of one. In exchange a connection that breaks leaves up to `depth` in doubt.
"""

from collections import deque

from newsletter.mail.outgoing import OutgoingMail, Refused, RelayUnavailable
from newsletter.mail.smtp import REFUSALS_IN_A_ROW, TOO_EARLY, ConnectionEnds, Conversation
from newsletter.mail.smtp_envelope import Extensions, envelope
from newsletter.mail.smtp_replies import CLOSING, Reply, Step
from newsletter.mail.wire import whole_lines


class _Flight:
    """A mail that was written, or is being written, and whose last reply is awaited."""

    __slots__ = ("end", "failed", "mail")

    def __init__(self, mail: OutgoingMail, *, end: int) -> None:
        self.mail = mail
        self.end = end  # the octet after its content
        self.failed: tuple[Step, Reply] | None = None


class BdatConversation(Conversation):
    """Up to `depth` mails in flight, answered in the order in which they were written."""

    offers_content = True

    def __init__(self, extensions: Extensions, *, relay: str, depth: int) -> None:
        super().__init__(extensions, relay=relay)
        self._depth = depth
        self._flights: deque[_Flight] = deque()
        self._not_taken: list[OutgoingMail] = []  # answered, but about the relay, not the reader

    @property
    def wants_mail(self) -> bool:
        """Whether a mail may be offered now."""
        room = self._depth
        if self._refusals:  # no more than may be refused before we hang up
            room = min(room, REFUSALS_IN_A_ROW - self._refusals)
        return self.unavailable is None and len(self._flights) < room

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._flights

    def offer(self, mail: OutgoingMail) -> bytes:
        """Return a mail, envelope and content; nothing where it can never go."""
        commands = envelope(mail, self._extensions)
        if isinstance(commands, Refused):
            self.outcomes.append(commands)
            return b""
        # What is in flight may be refused, and its envelope would be in the way of this one; a
        # BDAT that failed asks for RSET too (RFC 3030 §2).
        if self._flights or self._needs_reset:
            commands.insert(0, (Step.RSET, b"RSET\r\n"))
            self._needs_reset = False
        content = whole_lines(mail.content) if not mail.checked else mail.content
        commands.append((Step.CONTENT, b"BDAT %d LAST\r\n" % len(content)))
        self._awaited.extend(step for step, _ in commands)
        out = self._counted(b"".join([*(words for _, words in commands), content]))
        self._flights.append(_Flight(mail, end=self._said))
        return out

    def _answered(self, step: Step, reply: Reply) -> bytes:
        if reply.code == CLOSING:
            # Replies come in order, and a server that ends reads no further: none was taken.
            for flight in self._flights:
                self._not_taken += self._given_back(flight)
            self._flights.clear()
            raise ConnectionEnds(f"it said {reply}", closing=reply)
        if step is Step.RSET:
            if reply.code // 100 != 2:
                raise ConnectionEnds(f"it answered RSET with {reply}")
        elif step is not Step.CONTENT:
            flight = self._flights[0]
            if reply.code // 100 != 2 and flight.failed is None:
                flight.failed = (step, reply)
        else:
            self._content_answered(reply)
        return b""

    def _content_answered(self, reply: Reply) -> None:
        if reply.code // 100 == 2 and self._written < self._flights[0].end:
            raise ConnectionEnds(TOO_EARLY)
        flight = self._flights.popleft()
        self._needs_reset = reply.code // 100 != 2
        if flight.failed is not None:
            # The envelope's refusal counts; BDAT gets 503 or 554 then.
            self._not_taken += self._given_back(flight)
        else:
            try:
                self._judge_content(flight.mail, reply)
            except RelayUnavailable as error:
                self._not_taken.append(flight.mail)
                self._about_relay(error)
        if self.unavailable is not None and not self._flights:
            raise self.unavailable

    def _given_back(self, flight: _Flight) -> list[OutgoingMail]:
        """Judge a mail whose envelope was refused; return one that was not, or not as a mail."""
        if flight.failed is None:
            return [flight.mail]
        try:
            self._judge(flight.mail, *flight.failed)
        except RelayUnavailable as error:
            self._about_relay(error)
            return [flight.mail]
        self.served += 1
        return []

    def _about_relay(self, error: RelayUnavailable) -> None:
        """Take no further mail; raised only when all in flight have their replies."""
        self.unavailable = self.unavailable or error

    def _left(self, why: str) -> list[OutgoingMail]:
        left, self._not_taken = self._not_taken, []
        for flight in self._flights:
            if flight.failed is None and flight.end <= self._written:
                self._in_doubt(flight.mail, why)
            else:
                left += self._given_back(flight)
        self._flights.clear()
        return left
