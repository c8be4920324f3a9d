"""Which relay a run of mails goes to: the first that takes some, and over how many connections."""

from collections import deque
from collections.abc import Callable, Sequence

from newsletter.mail.outgoing import RelayUnavailable
from newsletter.mail.relay_gate import OpenGate, RelayGate
from newsletter.mail.smtp_url import Relay

GateOf = Callable[[Relay], RelayGate]


def open_to_all(_relay: Relay) -> RelayGate:
    """Return a gate without limits."""
    return OpenGate()


class RelayChoice:
    """The relays in the order in which they are tried; `relay` and `gate` are the one in use."""

    def __init__(self, relays: Sequence[Relay], gate_of: GateOf) -> None:
        self._order = deque((relay, gate_of(relay)) for relay in relays)
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

    def turn(self, why: str) -> None:
        """Leave the relay in use for the next.

        Raises:
            RelayUnavailable: none of them takes mail.
        """
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
