"""A report taken apart: its headers, the texts a person reads, and its parts for machines."""

import re
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32

#: What the library would take for messages in messages. Taken as text, their encoding is undone
#: (RFC 6533 §3 allows one), nothing in them is guessed at, and none can nest ten thousand deep.
_MESSAGE_TYPE = re.compile(rb"^(content-type:\s*)message/([\w.-]+)", re.IGNORECASE | re.MULTILINE)
_TAKEN_AS = rb"\1text/x-message-\2"

STATUS = ("delivery-status", "global-delivery-status")  # RFC 3464 §2.1, RFC 6533 §3
FEEDBACK = ("feedback-report",)  # RFC 5965 §3
#: RFC 3462 §2, RFC 6533 §4 and §5; text/rfc822-headers keeps its name.
RETURNED = ("rfc822", "global", "global-headers", "rfc822-headers")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the last word of its type, and its content."""

    type: str
    text: str


class Unreadable(ValueError):
    """Nothing of the kind that mail is."""


def take_apart(octets: bytes) -> tuple[Message, list[Part]]:
    """Return the headers of a message and its leaves in order.

    Raises:
        Unreadable: it is nested or broken beyond reading.
    """
    prepared = _MESSAGE_TYPE.sub(_TAKEN_AS, octets)
    try:
        message: Message = BytesParser(policy=compat32).parsebytes(prepared)
        leaves = [_part(one) for one in message.walk() if not one.is_multipart()]
    except (RecursionError, ValueError, LookupError) as error:
        raise Unreadable(type(error).__name__) from error
    return message, leaves


def header(message: Message, name: str) -> str:
    """Return a header as text in one line, encoded words decoded (RFC 2047); empty if absent."""
    value = str(message.get(name, ""))
    with suppress(HeaderParseError, LookupError, ValueError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def headers_of(text: str) -> Message:
    """Return the headers that a returned message begins with."""
    return BytesHeaderParser(policy=compat32).parsebytes(text.lstrip().encode("utf-8", "replace"))


def fields_of(text: str) -> list[dict[str, str]]:
    """Return the groups of fields in a part for machines, names in lower case (RFC 3464 §2.1)."""
    groups = re.split(r"\r?\n[ \t]*\r?\n", text.strip("\r\n"))
    return [found for group in groups if (found := _fields(group))]


def _fields(group: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in group.splitlines():
        if line[:1] in " \t" and name:
            fields[name] += " " + line.strip()
            continue
        key, colon, value = line.partition(":")
        name = key.strip().lower() if colon and key.strip() and " " not in key.strip() else ""
        if name:
            # The first counts: whoever adds a second one wants to be believed instead.
            name = name if name not in fields else f"{name} again"
            fields[name] = value.strip()
    return fields


def _part(leaf: Message) -> Part:
    kind = leaf.get_content_type().rpartition("/")[2].removeprefix("x-message-")
    content = leaf.get_payload(decode=True)
    if not isinstance(content, bytes):
        return Part(kind, "")
    try:
        text = content.decode(leaf.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = content.decode("latin-1")
    return Part(kind, text)
