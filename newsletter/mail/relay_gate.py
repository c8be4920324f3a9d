"""The gate: what a relay may take now, as whoever holds its connections asks it."""

from typing import Protocol

from newsletter.mail.smtp_replies import Reply


class RelayGate(Protocol):
    """Says how many connections and mails a relay may take, and hears what it answers."""

    def connections(self, wanted: int) -> int:
        """Return how many connections this worker may hold now.

        0 while the relay is silenced or stopped, and while other workers hold all it takes. Asked
        again each second or so while mail flows; `connections(0)` hands back what was held.
        """
        ...

    def reserve(self) -> float:
        """Reserve the next mail's moment; return the seconds until it may go, 0.0 for now.

        The moment stays reserved, whoever asks again, until `spend`.
        """
        ...

    def spend(self) -> None:
        """Take note that a mail goes, at the moment that was reserved."""
        ...

    def heard(self, reply: Reply, *, recipient: str = "") -> None:
        """Take note of an answer: every refusal, and now and then that a mail was taken.

        Args:
            recipient: whose mail was answered, if it was one mail's answer; kept nowhere.
        """
        ...

    def why(self) -> str:
        """Return for staff why `connections` says 0, else nothing."""
        ...

    def unreachable(self, seconds: float) -> None:
        """Take note that no connection came about; remembered for so long."""
        ...

    def is_unreachable(self) -> bool:
        """Say whether other relays are to be tried before this one."""
        ...


class OpenGate:
    """Always open, without limit."""

    def connections(self, wanted: int) -> int:
        """Return what is wanted."""
        return wanted

    def reserve(self) -> float:
        """Return that the next mail may go now."""
        return 0.0

    def spend(self) -> None:
        """Take no note."""

    def heard(self, reply: Reply, *, recipient: str = "") -> None:
        """Take no note."""

    def why(self) -> str:
        """Return nothing: it is open."""
        return ""

    def unreachable(self, seconds: float) -> None:
        """Take no note."""

    def is_unreachable(self) -> bool:
        """Return that it may be tried first."""
        return False
