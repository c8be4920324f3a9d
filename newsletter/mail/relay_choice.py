"""Which relay a run of mails goes to: the first that takes some, and over how many connections."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from newsletter.mail.outgoing import RelayUnavailable
from newsletter.mail.relay_gate import OpenGate, RelayGate
from newsletter.mail.smtp_url import Relay

#: A relay that could not be reached is not the first to be tried for so long; one that kept us
#: waiting before, which may be five minutes, for some times as long.
SHORTEST_SECONDS = 60.0
TIMES_AS_LONG = 3

GateOf = Callable[[Relay], RelayGate]


def open_to_all(_relay: Relay) -> RelayGate:
    """Return a gate without limits."""
    return OpenGate()


class RelayChoice:
    """The relays in the order in which they are tried; `relay` and `gate` are the one in use."""

    def __init__(self, relays: Sequence[Relay], gate_of: GateOf) -> None:
        gates = [(relay, gate_of(relay)) for relay in relays]
        # One that keeps us waiting would else take most of the time of every run.
        self._order = deque(sorted(gates, key=lambda one: one[1].is_unreachable()))
        self._reasons: list[str] = []  # why relays were left since a mail was last answered
        self._use_first()

    def connections(self) -> int:
        """Return how many connections may be open now."""
        return self.gate.connections(self._most)

    def keep_to(self, connections: int) -> None:
        """Open no more than there are: a further one failed."""
        self._most = max(1, connections)

    def answered(self) -> None:
        """Take note that a relay answered a mail: those that were left may be tried again."""
        self._reasons.clear()
        self._since = time.monotonic()

    def turn(self, why: str, *, failed: bool = False) -> None:
        """Leave the relay in use for the next.

        Args:
            failed: it was tried in vain, and so are others for a while before it.

        Raises:
            RelayUnavailable: none of them takes mail.
        """
        if failed and len(self._order) > 1:
            waited = time.monotonic() - self._since
            self.gate.unreachable(max(SHORTEST_SECONDS, TIMES_AS_LONG * waited))
        self._reasons.append(why)
        if len(self._reasons) >= len(self._order):
            raise RelayUnavailable(" ".join(self._reasons))
        self.close()
        # The one that failed goes to the end, so that the next mail does not try it first.
        self._order.rotate(-1)
        self._use_first()

    def close(self) -> None:
        """Hand the connections back to other workers."""
        self.gate.connections(0)

    def _use_first(self) -> None:
        self.relay, self.gate = self._order[0]
        self._most = self.relay.connections
        self._since = time.monotonic()
