"""The SMTP mailer: many mails in flight over the connections of one relay, else of the next."""

import selectors
import ssl
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from newsletter.mail.outgoing import Deferred, Outcome, OutgoingMail, RelayUnavailable
from newsletter.mail.smtp import ConnectionEnds
from newsletter.mail.smtp_connection import Greeted, Timeouts, reason
from newsletter.mail.smtp_line import SmtpLine, say_goodbye
from newsletter.mail.smtp_opening import Openings
from newsletter.mail.smtp_replies import BrokenReply
from newsletter.mail.smtp_url import Relay

#: So often the caller hears from us, in seconds: a relay may take ten minutes for one answer, and
#: what was answered before must not wait for its row that long.
_QUIET = 1.0

_ENDS = (ConnectionEnds, BrokenReply, RelayUnavailable, OSError)


class SmtpMailer:
    """Sends by the first of its relays that is there."""

    def __init__(
        self,
        relays: Sequence[Relay],
        *,
        tls_context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._relays = tuple(relays)
        self._tls_context = tls_context or ssl.create_default_context()
        self._timeouts = timeouts or Timeouts()

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        """Yield outcomes in groups; go on with their connections when the next group is asked for.

        The connections last as long as the iterator, which says QUIT when it ends or is closed.
        Raises RelayUnavailable; mails without an outcome were then not taken.
        """
        run = _Run(mails, self._relays, self._tls_context, self._timeouts)
        try:
            yield from run.groups()
        finally:
            run.close()

    def describe(self) -> str:
        """Return the relays in words, without secrets."""
        return "SMTP by " + ", else ".join(relay.describe() for relay in self._relays)


class _Run:
    """One run of mails: its connections, and the mails that wait for one."""

    def __init__(
        self,
        mails: Iterable[OutgoingMail],
        relays: Sequence[Relay],
        tls_context: ssl.SSLContext,
        timeouts: Timeouts,
    ) -> None:
        self._mails = iter(mails)
        self._exhausted = False
        self._backlog: deque[OutgoingMail] = deque()  # pulled, and on no connection
        self._relays = deque(relays)
        self._timeouts = timeouts
        self._selector = selectors.DefaultSelector()
        self._openings = Openings(tls_context, timeouts)
        self._selector.register(self._openings.wakes, selectors.EVENT_READ)
        self._lines: set[SmtpLine] = set()
        self._most_lines = self._relays[0].connections
        self._outcomes: list[Outcome] = []
        self._reasons: list[str] = []  # why relays failed since a mail was last answered
        self._not_before = 0.0

    def groups(self) -> Iterator[Sequence[Outcome]]:
        while True:
            if self._outcomes:
                group, self._outcomes = self._outcomes, []
                self._reasons.clear()
                yield group
            self._hand_out()
            if self._outcomes:
                continue
            if not self._busy():
                return
            if not self._wait():
                yield ()

    def close(self) -> None:
        """End every connection, politely where nothing is under way."""
        self._openings.close()
        polite = [line for line in self._lines if line.conversation.idle]
        for line in self._lines.difference(polite):
            line.end("we hung up")
        say_goodbye(polite, seconds=self._timeouts.quit)
        self._lines.clear()
        self._selector.close()

    def _busy(self) -> bool:
        return bool(
            self._backlog
            or self._openings.pending
            or any(not line.conversation.idle for line in self._lines)
            or self._waiting_for_rate()
        )

    # -- handing mails out ---------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Let every connection go on, and open further ones while mails wait."""
        for line in list(self._lines):
            self._guarded(line, self._go_on)
        while len(self._lines) + self._openings.pending < self._most_lines:
            if len(self._backlog) <= self._openings.pending:
                mail = self._next()
                if mail is None:
                    return
                self._backlog.append(mail)
            self._openings.open(self._relays[0])

    def _go_on(self, line: SmtpLine) -> None:
        conversation = line.conversation
        if conversation.holds_content:
            ahead = conversation.pipelines and not conversation.worn_out
            line.go_on(self._next_for(line) if ahead else None)
        if conversation.idle and conversation.worn_out:
            self._drop(line, polite=True)
        elif conversation.idle and (mail := self._next_for(line)) is not None:
            line.offer(mail)
        self._collect(line)

    def _next_for(self, line: SmtpLine) -> OutgoingMail | None:
        if self._backlog:
            return self._backlog.popleft()
        return self._next()

    def _next(self) -> OutgoingMail | None:
        if self._exhausted or self._waiting_for_rate():
            return None
        mail = next(self._mails, None)
        if mail is None:
            self._exhausted = True
        elif rate := self._relays[0].rate_per_second:
            self._not_before = time.monotonic() + 1 / rate
        return mail

    def _waiting_for_rate(self) -> bool:
        return not self._exhausted and time.monotonic() < self._not_before

    # -- the network -----------------------------------------------------------------------------

    def _wait(self) -> bool:
        """Wait for the network; say whether anything happened."""
        happened = self._selector.select(self._patience())
        for key, events in happened:
            if key.data is None:
                self._take_opened()
            elif events & selectors.EVENT_WRITE:
                self._guarded(key.data, SmtpLine.flush)
            if key.data is not None and events & selectors.EVENT_READ:
                self._guarded(key.data, SmtpLine.read)
        self._end_silent_lines()
        return bool(happened)

    def _patience(self) -> float:
        now = time.monotonic()
        moments = [line.deadline for line in self._lines if not line.conversation.idle]
        if self._waiting_for_rate():
            moments.append(self._not_before)
        return max(0.0, min([now + _QUIET, *moments]) - now)

    def _end_silent_lines(self) -> None:
        now = time.monotonic()
        for line in list(self._lines):
            if line.deadline < now and not line.conversation.idle:
                self._lost(line, TimeoutError("timed out"))

    def _guarded(self, line: SmtpLine, act) -> None:  # type: ignore[no-untyped-def]
        if line not in self._lines:
            return
        try:
            act(line)
        except _ENDS as error:
            self._lost(line, error)
        else:
            if line in self._lines:
                self._collect(line)
                wanted = selectors.EVENT_READ
                if line.has_unwritten:
                    wanted |= selectors.EVENT_WRITE
                if self._selector.get_key(line.socket).events != wanted:
                    self._selector.modify(line.socket, wanted, line)

    def _collect(self, line: SmtpLine) -> None:
        if line.conversation.outcomes:
            self._outcomes += line.conversation.outcomes
            line.conversation.outcomes.clear()

    # -- connections that come and go -------------------------------------------------------------

    def _take_opened(self) -> None:
        for relay, opened in self._openings.finished():
            if isinstance(opened, Greeted):
                line = SmtpLine(opened, relay, self._timeouts)
                self._lines.add(line)
                self._selector.register(line.socket, selectors.EVENT_READ, line)
            else:
                self._relay_failed(relay, str(opened))

    def _lost(self, line: SmtpLine, error: Exception) -> None:
        """A connection ended: its mails go elsewhere, unless they may be what ended it."""
        fresh = line.conversation.served == 0
        left = self._drop(line, why=_words(error))
        closing = isinstance(error, ConnectionEnds) and error.closing is not None
        if isinstance(error, RelayUnavailable):
            self._backlog.extendleft(reversed(left))
            self._relay_failed(line.relay, str(error))
        elif fresh and closing:
            self._backlog.extendleft(reversed(left))
            words = f"The relay {line.relay.address} takes no mail now: {_words(error)}."
            self._relay_failed(line.relay, words)
        else:
            if fresh and left:
                # Not for another connection: were this mail the cause, it would end that one too.
                lost = f"4.4.2 The connection was lost: {_words(error)}"
                self._outcomes.append(Deferred(left.pop(0).id, 451, lost))
            self._backlog.extendleft(reversed(left))

    def _drop(self, line: SmtpLine, *, why: str = "", polite: bool = False) -> list[OutgoingMail]:
        self._lines.discard(line)
        self._selector.unregister(line.socket)
        self._collect(line)
        if polite:
            say_goodbye([line], seconds=self._timeouts.quit)
            return []
        left = line.end(why)
        self._collect(line)
        return left

    def _relay_failed(self, relay: Relay, why: str) -> None:
        """Do with the connections there are; without any, turn to the next relay.

        Raises:
            RelayUnavailable: none of the relays takes mail.
        """
        if relay is not self._relays[0]:
            return  # a late answer of a relay that was left already
        if self._lines or self._openings.pending:
            self._most_lines = max(1, len(self._lines) + self._openings.pending)
            return
        self._reasons.append(why)
        if self._outcomes:
            return  # they are told first; what fails again is told then
        if len(self._reasons) >= len(self._relays):
            raise RelayUnavailable(" ".join(self._reasons))
        # The one that failed goes to the end, so that the next mail does not try it first.
        self._relays.rotate(-1)
        self._most_lines = self._relays[0].connections


def _words(error: Exception) -> str:
    return reason(error)
