"""A run of mails: many in flight over the connections of one relay, else of the next."""

import selectors
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from newsletter.mail.outgoing import (
    Accepted,
    Deferred,
    Outcome,
    OutgoingMail,
    RelayUnavailable,
    Withdrawable,
)
from newsletter.mail.relay_choice import RelayChoice
from newsletter.mail.smtp import ConnectionEnds
from newsletter.mail.smtp_connection import Greeted, reason
from newsletter.mail.smtp_line import SmtpLine, say_goodbye
from newsletter.mail.smtp_opening import Openings
from newsletter.mail.smtp_replies import BrokenReply, Reply
from newsletter.mail.smtp_supply import Supply
from newsletter.mail.smtp_timeouts import Timeouts

_ENDS = (ConnectionEnds, BrokenReply, RelayUnavailable, OSError)
_TAKEN = Reply(250, "")
#: So often, at least, the gate is asked and the caller gets its turn: a relay may take ten minutes
#: for one answer, and what was answered before must not wait for its row that long.
_TURN_SECONDS = 1.0


def _never(*_: str) -> bool:
    return False


class SmtpRun:
    """One run of mails: its connections, and the mails that wait for one."""

    def __init__(
        self,
        mails: Iterable[OutgoingMail],
        choice: RelayChoice,
        tls_context: ssl.SSLContext,
        timeouts: Timeouts,
    ) -> None:
        self._withdrawn = mails.withdrawn if isinstance(mails, Withdrawable) else _never
        self._recalled = mails.recalled if isinstance(mails, Withdrawable) else _never
        self._kept_back = False
        self._supply = Supply(mails, choice)
        self._choice = choice
        self._timeouts = timeouts
        self._selector = selectors.DefaultSelector()
        self._openings = Openings(tls_context, timeouts)
        self._selector.register(self._openings.wakes, selectors.EVENT_READ)
        self._lines: dict[SmtpLine, None] = {}  # the oldest first
        self._leaving: list[SmtpLine] = []
        self._outcomes: list[Outcome] = []

    def groups(self) -> Iterator[Sequence[Outcome]]:
        """Yield outcomes as they come; raises RelayUnavailable."""
        while True:
            if self._outcomes:
                group, self._outcomes = self._outcomes, []
                self._choice.answered()
                yield group
            if self._withdrawn():
                self._keep_back()
            self._supply.begin_turn()
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
        for line in self._lines.keys() - polite:
            line.end("we hung up")
        say_goodbye(polite, seconds=self._timeouts.quit)
        self._lines.clear()
        self._selector.close()
        self._choice.close()

    def _busy(self) -> bool:
        return bool(
            self._supply.in_hand
            or (self._openings.pending and not self._kept_back)
            or any(not line.conversation.idle for line in self._lines)
            or self._supply.waits_for_moment
        )

    def _keep_back(self) -> None:
        """Write no further content, and wait for nothing but the answers to what was written."""
        self._kept_back = True
        self._supply.withdraw()
        for line in list(self._lines):
            if not (line.conversation.idle or line.conversation.content_is_out):
                self._remove(line)
                line.end("its mail was withdrawn")

    # -- handing mails out ---------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Let every connection go on, and open further ones while mails wait."""
        most = self._choice.connections()
        for number, line in enumerate(list(self._lines)):
            self._guarded(line, self._go_on if number < most else self._finish)
        if self._leaving:
            say_goodbye(self._leaving, seconds=self._timeouts.quit)
            self._leaving.clear()
        # Asked again: a relay may have been left, or have asked us to slow down.
        while self._under_way() < self._choice.connections():
            if not self._supply.make_ready(more_than=self._openings.pending):
                return
            self._openings.open(self._choice.relay)
        if not self._under_way() and self._supply.has_mail() and not self._outcomes:
            self._turn(self._choice.gate.why())
            self._hand_out()

    def _go_on(self, line: SmtpLine) -> None:
        conversation = line.conversation
        if conversation.worn_out:
            self._finish(line)
            return
        if conversation.held and not self._give_content(line, and_next=conversation.pipelines):
            return
        # One that can never go is an outcome, and the caller's turn to hear of it.
        while conversation.wants_mail and not conversation.outcomes:
            mail = self._supply.next()
            if mail is None:
                break
            if not (conversation.offers_content and self._recalled(mail.id)):
                line.offer(mail)
        self._collect(line)

    def _give_content(self, line: SmtpLine, *, and_next: bool = False) -> bool:
        """Write the content that a relay waits for, unless its mail was recalled.

        Once it waits, only the end of the connection spares it the mail (RFC 5321 §4.1.1.4).
        """
        held = line.conversation.held
        following = self._supply.next() if and_next else None  # may take its time, so before
        if held is not None and self._recalled(held.id):
            self._supply.give_back([following] if following else [])
            self._remove(line)
            line.end("its mail was recalled")
            return False
        line.go_on(following)
        return True

    def _finish(self, line: SmtpLine) -> None:
        """Go on without a further mail, to the end of the connection."""
        if line.conversation.held and not self._give_content(line):
            return
        if line.conversation.idle:
            self._remove(line)
            self._leaving.append(line)

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
        if self._supply.too_early:
            moments.append(self._supply.not_before)
        return max(0.0, min([now + _TURN_SECONDS, *moments]) - now)

    def _end_silent_lines(self) -> None:
        now = time.monotonic()
        for line in list(self._lines):
            if line.deadline < now and not line.conversation.idle:
                self._lost(line, TimeoutError("timed out"))

    def _guarded(self, line: SmtpLine, act: Callable[[SmtpLine], object]) -> None:
        if line not in self._lines:
            return
        try:
            act(line)
        except _ENDS as error:
            self._lost(line, error)
        else:
            if line in self._lines:
                self._collect(line)
                if line.has_unwritten is not line.waits_to_write:
                    self._watch(line)

    def _watch(self, line: SmtpLine) -> None:
        line.waits_to_write = line.has_unwritten
        wanted = selectors.EVENT_READ
        if line.waits_to_write:
            wanted |= selectors.EVENT_WRITE
        self._selector.modify(line.socket, wanted, line)

    def _collect(self, line: SmtpLine) -> None:
        conversation = line.conversation
        if conversation.outcomes:
            if type(conversation.outcomes[-1]) is Accepted:
                self._choice.gate.heard(_TAKEN)
            self._outcomes += conversation.outcomes
            conversation.outcomes.clear()
        if conversation.refused:
            for reply, recipient in conversation.refused:
                self._choice.gate.heard(reply, recipient=recipient)
            conversation.refused.clear()

    # -- connections that come and go -------------------------------------------------------------

    def _under_way(self) -> int:
        return len(self._lines) + self._openings.pending

    def _take_opened(self) -> None:
        for opened in self._openings.finished():
            if isinstance(opened, Greeted):
                line = SmtpLine(opened, self._choice.relay, self._timeouts)
                self._lines[line] = None
                self._selector.register(line.socket, selectors.EVENT_READ, line)
            else:
                if opened.reply is not None:
                    self._choice.gate.heard(opened.reply)
                self._relay_failed(str(opened))

    def _lost(self, line: SmtpLine, error: Exception) -> None:
        """A connection ended: its mails go elsewhere, unless they may be what ended it."""
        fresh = line.conversation.served == 0
        self._remove(line)
        left = line.end(reason(error))
        told = bool(line.conversation.outcomes)  # mails in doubt
        self._collect(line)
        closing = error.closing if isinstance(error, ConnectionEnds) else None
        if closing is not None:
            self._choice.gate.heard(closing)
        unavailable = line.conversation.unavailable
        failed = str(error if isinstance(error, RelayUnavailable) else unavailable or "")
        if fresh and closing:
            failed = f"The relay {line.relay.address} takes no mail now: {reason(error)}."
        if fresh and left and not told and not failed:
            # Not for another connection: were this mail the cause, it would end that one too.
            lost = f"4.4.2 The connection was lost: {reason(error)}"
            self._outcomes.append(Deferred(left.pop(0).id, 451, lost))
        self._supply.give_back(left)
        if failed:
            self._relay_failed(failed)

    def _remove(self, line: SmtpLine) -> None:
        del self._lines[line]
        self._selector.unregister(line.socket)
        self._collect(line)

    def _relay_failed(self, why: str) -> None:
        """Do with the connections there are; without any, turn to the next relay."""
        if self._under_way():
            self._choice.keep_to(self._under_way())
        elif not self._outcomes:  # else they are told first; what fails again is told then
            self._turn(why, failed=True)

    def _turn(self, why: str, *, failed: bool = False) -> None:
        self._choice.turn(why, failed=failed)
        self._supply.relay_left()
