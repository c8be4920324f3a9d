"""What goes into a mailer and what comes out of it."""

import re
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from newsletter.errors import TemporaryError

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One message to one recipient. The content has CRLF line ends and no doubled dots."""

    id: str
    sender: str  # envelope: the return path
    recipient: str  # envelope
    content: bytes
    #: Whoever wrote it saw to it that the addresses are ASCII and mailable, no line begins with
    #: a dot and no line end is bare, which spares looking through every octet again.
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The next mail server took the mail: it is sent."""

    mail_id: str
    reply: str


@dataclass(frozen=True, slots=True)
class _NotTaken:
    mail_id: str
    code: int
    text: str
    #: A 5xx that is put off, since it says nothing of the reader.
    of_us: bool = field(default=False, compare=False)

    @property
    def enhanced_code(self) -> str | None:
        """The RFC 3463 code of the reply ("4.7.28"), if it began with one."""
        return enhanced_code(self.text)


class Deferred(_NotTaken):
    """Not now: a 4xx reply, 552 at RCPT, or a connection lost within this mail (451)."""

    __slots__ = ()


class Refused(_NotTaken):
    """Never: a 5xx reply. Whether the reader or the sender is to blame, the codes say."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The connection ended after the final dot and before the reply: perhaps sent."""

    mail_id: str
    text: str


@runtime_checkable
class Withdrawable(Protocol):
    """Mails whose sender may change his mind about those that have been pulled already."""

    def withdrawn(self) -> bool:
        """Say whether no further content is to leave; asked often, so to be told from memory."""
        ...

    def recalled(self, mail_id: str) -> bool:
        """Say whether this one mail is not to leave after all; asked as its content would."""
        ...


Outcome = Accepted | Deferred | Refused | InDoubt


class RelayUnavailable(TemporaryError):
    """No relay takes mail now: the batch waits, nothing is failed. Its text is for staff."""


def enhanced_code(text: str) -> str | None:
    """Return the enhanced status code at the start of a reply's text."""
    found = _ENHANCED.match(text)
    return found.group(1) if found else None
