"""What a reply of a mail server means for the mail it answers."""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.mail.encoded_words import one_line
from newsletter.mail.outgoing import (
    Deferred,
    Outcome,
    Refused,
    RelayUnavailable,
    enhanced_code,
)
from newsletter.mail.relay_reactions import blames_us

_SHOWN = 500  # characters of a reply worth keeping
_CLOSING = 421  # RFC 5321 §3.8
_SIGN_IN = frozenset({530, 534, 535, 538})  # RFC 4954 §6: about us, never about a reader
_TOO_LARGE = 552


class Step(StrEnum):
    """Which command a reply answers."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "CONTENT"


@dataclass(frozen=True)
class Reply:
    """A reply with its lines joined into one."""

    code: int
    text: str

    @classmethod
    def of(cls, code: int, text: bytes) -> "Reply":
        """Read what smtplib hands over."""
        return cls(code, one_line(text.decode("utf-8", "replace"))[:_SHOWN])

    @property
    def enhanced(self) -> str:
        """The RFC 3463 code of the reply ("4.7.28"), or nothing."""
        return enhanced_code(self.text) or ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


def not_taken(mail_id: str, step: Step, reply: Reply, *, relay: str) -> Outcome:
    """Return the outcome of a mail whose step was answered negatively.

    Raises RelayUnavailable where the reply is about the relay or about us.
    """
    if reply.code == _CLOSING or reply.code in _SIGN_IN:
        raise RelayUnavailable(f"The relay {relay} takes no mail now: {reply}.")
    if 400 <= reply.code < 500:
        return Deferred(mail_id, reply.code, reply.text)
    if step is Step.RCPT and reply.code == _TOO_LARGE:
        # RFC 5321 §4.5.3.1.10: "too many recipients" of old servers, hence temporary.
        return Deferred(mail_id, reply.code, reply.text)
    if step is Step.MAIL and reply.code != _TOO_LARGE:
        # The sender is the same for a whole digest: failing reader after reader would be wrong.
        raise RelayUnavailable(f"The relay {relay} refuses our sender address: {reply}.")
    if blames_us(reply):
        # 5.7.x: our reputation or authentication. Never a reader's failure (RFC 3463 §3.8).
        return Deferred(mail_id, reply.code, reply.text)
    if 500 <= reply.code < 600:
        return Refused(mail_id, reply.code, reply.text)
    raise RelayUnavailable(f"The relay {relay} does not speak SMTP as expected: {reply}.")
