"""The mails of a run that wait for a connection; each is pulled when its moment has come."""

import time
from collections import deque
from collections.abc import Iterable, Sequence

from newsletter.mail.outgoing import OutgoingMail
from newsletter.mail.relay_choice import RelayChoice


class Supply:
    """Mails not yet pulled, mails a relay gave back, and those whose moment has come."""

    def __init__(self, mails: Iterable[OutgoingMail], choice: RelayChoice) -> None:
        self._mails = iter(mails)
        self._choice = choice
        self._exhausted = False
        self._ready: deque[OutgoingMail] = deque()  # whose moment has come, for a new connection
        self._returned: deque[OutgoingMail] = deque()  # not taken, to be tried again
        self.not_before = 0.0  # when the next mail may go, by time.monotonic()
        self._now = time.monotonic()

    def begin_turn(self) -> None:
        """Look at the clock; it stands until the next turn.

        Else a moment that comes within a turn, after the mail was refused and before it is asked
        whether one is waited for, would leave nothing to wait for: the run would end too early.
        """
        self._now = time.monotonic()

    @property
    def in_hand(self) -> bool:
        """Whether mails were pulled that no connection has."""
        return bool(self._ready or self._returned)

    @property
    def too_early(self) -> bool:
        """Whether the next mail's moment had not come as this turn began."""
        return self._now < self.not_before

    @property
    def waits_for_moment(self) -> bool:
        """Whether there may be more, which the rate does not allow yet."""
        return not self._exhausted and self.too_early

    def has_mail(self) -> bool:
        """Say whether a mail is left, whenever it may go."""
        if not self.in_hand and (mail := self._pull()) is not None:
            self._returned.append(mail)
        return self.in_hand

    def next(self) -> OutgoingMail | None:
        """Return the next mail, if its moment has come."""
        return self._ready.popleft() if self._ready else self._next()

    def make_ready(self, *, more_than: int) -> bool:
        """Keep a mail ready for one more connection; say whether there is one."""
        if len(self._ready) <= more_than:
            mail = self._next()
            if mail is None:
                return False
            self._ready.append(mail)
        return True

    def give_back(self, mails: Sequence[OutgoingMail]) -> None:
        """Put mails that were not taken in front of the others."""
        self._returned.extendleft(reversed(mails))

    def withdraw(self) -> None:
        """Give out no further mail, neither of those at hand nor a new one."""
        self._exhausted = True
        self._ready.clear()
        self._returned.clear()

    def relay_left(self) -> None:
        """Forget moments: they were those of the relay that is left."""
        self._returned.extend(self._ready)
        self._ready.clear()
        self.not_before = 0.0

    def _next(self) -> OutgoingMail | None:
        if self.too_early or (self._exhausted and not self._returned):
            return None
        gate = self._choice.gate
        if wait := gate.reserve():
            self.not_before = time.monotonic() + wait
            return None
        mail = self._returned.popleft() if self._returned else self._pull()
        if mail is not None:
            gate.spend()
        return mail

    def _pull(self) -> OutgoingMail | None:
        mail = None if self._exhausted else next(self._mails, None)
        self._exhausted = mail is None
        return mail
