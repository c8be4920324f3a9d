"""Where a report may name our mail; what is found here is judged elsewhere."""

import re
from collections.abc import Iterable
from email.message import Message

from newsletter.mail.bounce_parts import Part

#: Where mail systems note whom they gave the report to; To is what the reporting one wrote.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_SENDERS = ("Return-Path", "X-Envelope-From", "Sender")
_MESSAGE_ID = re.compile(
    r"^[> \t]{0,20}message-id:[ \t]{0,20}<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE
)
_ORIGINAL_ID = re.compile(
    r"^original-envelope-id:[ \t]{0,20}(\S{1,250})", re.IGNORECASE | re.MULTILINE
)
_LEAVING = re.compile(r"/unsubscribe/([a-z0-9-]{1,120})", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,100}@[^\s<>()\[\],;:\"]{1,253}")
_MOST = 20
_LONGEST = 2000


def return_paths_in(message: Message, returned: list[Message]) -> tuple[str, ...]:
    """Return addresses to which the report went, or from which the returned mail came."""
    found = addresses_in(message, _RECIPIENTS)
    for mail in returned:
        found += addresses_in(mail, _SENDERS)
    return tuple(dict.fromkeys(found))[:_MOST]


def message_ids_in(returned: list[Message], parts: list[Part]) -> tuple[str, ...]:
    """Return Message-IDs of the returned mail, or quoted in the words of the report."""
    found = [str(mail.get("Message-ID", "")).strip("<> \t\r\n") for mail in returned]
    for part in parts:
        found += _MESSAGE_ID.findall(part.text) + _ORIGINAL_ID.findall(part.text)
    return tuple(dict.fromkeys(filter(None, found)))[:_MOST]


def leaving_tokens_in(parts: list[Part]) -> tuple[str, ...]:
    """Return the tokens of links to unsubscribe, from List-Unsubscribe or from the words below."""
    found = [token for part in parts for token in _LEAVING.findall(part.text)]
    return tuple(dict.fromkeys(found))[:_MOST]


def addresses_in(message: Message, names: Iterable[str]) -> list[str]:
    """Return what looks like an address in some headers.

    The library's reader of addresses follows comments in comments until the stack is full.
    """
    values = [
        str(value)[:_LONGEST] for name in names for value in message.get_all(name, [])[:_MOST]
    ]
    return [address for value in values for address in _ADDRESS.findall(value)][:_MOST]
