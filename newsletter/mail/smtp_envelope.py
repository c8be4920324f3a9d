"""The envelope of a mail as a relay takes it: what it offers, and the commands for one mail."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.mail.addresses import AddressError, mailable_address
from newsletter.mail.outgoing import OutgoingMail, Refused
from newsletter.mail.smtp_replies import Step

Command = tuple[Step, bytes]


@dataclass(frozen=True)
class Extensions:
    """What the relay offered in its answer to EHLO."""

    pipelining: bool = False  # RFC 2920
    size: bool = False  # RFC 1870
    smtputf8: bool = False  # RFC 6531
    chunking: bool = False  # RFC 3030
    most_octets: int = 0  # a mail's, as announced with SIZE; 0 is without limit

    @classmethod
    def of(cls, offered: Mapping[str, str]) -> "Extensions":
        """Read the keywords of an EHLO reply and what stands behind each."""
        found = {name.casefold(): value.strip() for name, value in offered.items()}
        limit = found.get("size", "")
        return cls(
            pipelining="pipelining" in found,
            size="size" in found,
            smtputf8="smtputf8" in found,
            chunking="chunking" in found,
            most_octets=int(limit[:18]) if limit.isascii() and limit.isdigit() else 0,
        )


def envelope(mail: OutgoingMail, offered: Extensions) -> list[Command] | Refused:
    """Return MAIL and RCPT for a mail, or why this relay can never take it."""
    sender, recipient = mail.sender, mail.recipient
    if not mail.checked:
        try:
            sender = mailable_address(sender) if sender else ""
            recipient = mailable_address(recipient)
        except AddressError as error:
            return Refused(mail.id, 553, f"5.1.3 {error}")
    octets = len(mail.content)
    if 0 < offered.most_octets < octets:
        # RFC 1870 §6.2: the server would say the same, a round trip later.
        words = f"5.3.4 The mail has {octets} octets, the relay takes {offered.most_octets}."
        return Refused(mail.id, 552, words)
    options = f" SIZE={octets}" if offered.size else ""
    if not (sender.isascii() and recipient.isascii()):
        if not offered.smtputf8:
            return Refused(mail.id, 553, "5.6.7 The relay does not offer SMTPUTF8.")
        options += " SMTPUTF8"
    return [
        (Step.MAIL, f"MAIL FROM:<{sender}>{options}\r\n".encode()),
        (Step.RCPT, f"RCPT TO:<{recipient}>\r\n".encode()),
    ]
