"""Where a report may name our mail: return paths and Message-IDs, which are judged elsewhere."""

import re
from email.message import Message
from email.utils import getaddresses

from newsletter.mail.bounce_parts import Part

#: Where mail systems note whom they gave the report to; To is what the reporting one wrote.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_SENDERS = ("Return-Path", "X-Envelope-From", "Sender")
_MESSAGE_ID = re.compile(r"^[>\s]*message-id:\s*<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE)
_ORIGINAL_ID = re.compile(r"^original-envelope-id:\s*(\S{1,250})", re.IGNORECASE | re.MULTILINE)
_MOST = 20


def return_paths_in(message: Message, returned: list[Message]) -> tuple[str, ...]:
    """Return addresses to which the report went, or from which the returned mail came."""
    found = [address for name in _RECIPIENTS for address in _addresses(message, name)]
    for mail in returned:
        found += [address for name in _SENDERS for address in _addresses(mail, name)]
    return tuple(dict.fromkeys(found))[:_MOST]


def message_ids_in(returned: list[Message], parts: list[Part]) -> tuple[str, ...]:
    """Return Message-IDs of the returned mail, or quoted in the words of the report."""
    found = [str(mail.get("Message-ID", "")).strip("<> \t\r\n") for mail in returned]
    for part in parts:
        found += _MESSAGE_ID.findall(part.text) + _ORIGINAL_ID.findall(part.text)
    return tuple(dict.fromkeys(filter(None, found)))[:_MOST]


def _addresses(message: Message, name: str) -> list[str]:
    values = [str(value) for value in message.get_all(name, [])[:_MOST]]
    return [address for _, address in getaddresses(values) if "@" in address]
