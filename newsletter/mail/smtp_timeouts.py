"""How long a relay may stay silent, step by step."""

from dataclasses import dataclass, fields

from newsletter.mail.smtp_replies import Step


@dataclass(frozen=True)
class Timeouts:
    """Seconds, the least that RFC 5321 §4.5.3.2 asks of a client.

    A connection that TCP does not open in half a minute is no greeting that is late: the RFC asks
    for the two to be told apart (§4.5.3.2.1), and the next relay is not kept waiting for it.
    """

    connect: float = 30  # TCP, and TLS from the start
    greeting: float = 300  # §4.5.3.2.1
    command: float = 300  # EHLO, STARTTLS, AUTH and RSET, for which the RFC has no figure
    mail: float = 300  # §4.5.3.2.2
    rcpt: float = 300  # §4.5.3.2.3
    data: float = 120  # §4.5.3.2.4
    block: float = 180  # §4.5.3.2.5, for each write that the network does not take
    final_reply: float = 600  # §4.5.3.2.6
    quit: float = 5  # nothing hangs on the answer

    @classmethod
    def at_most(cls, seconds: float) -> "Timeouts":
        """Return timeouts none of which is longer."""
        return cls(**{one.name: min(seconds, getattr(cls, one.name)) for one in fields(cls)})

    def of(self, awaited: Step | None) -> float:
        """Return how long the reply to a step may take."""
        match awaited:
            case Step.CONTENT | Step.LONE_DOT:
                return self.final_reply
            case Step.MAIL:
                return self.mail
            case Step.RCPT:
                return self.rcpt
            case Step.DATA:
                return self.data
        return self.command
