"""The outbox folder, read: mails that were written to files instead of being sent."""

import heapq
import json
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import cast

from newsletter.errors import PermanentError

# <UTC time with microseconds>-<number within the process>-<random>.eml: sorts by age.
MAIL_NAME = re.compile(r"(\d{8}T\d{12}Z)-\d{6}-[0-9a-f]{8}\.eml")
TIME_FORMAT = "%Y%m%dT%H%M%S%fZ"


class NoSuchMail(PermanentError):
    """The outbox holds no mail of this name."""


@dataclass(frozen=True)
class OutboxMail:
    """One line of the list."""

    name: str  # of the file; what `read_mail` takes
    date: datetime  # when it was written, UTC
    from_: str
    to: str
    subject: str
    size: int  # octets


@dataclass(frozen=True)
class ParsedMail:
    """One mail taken apart for a page; all of it is untrusted text."""

    name: str
    date: datetime
    envelope_sender: str
    envelope_recipient: str
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    size: int


def list_mails(folder: Path, limit: int) -> list[OutboxMail]:
    """Return the newest mails, newest first; opens only those it returns."""
    if not folder.is_dir():
        return []
    names = (name for name in os.listdir(folder) if MAIL_NAME.fullmatch(name))
    return [_listed(folder / name) for name in heapq.nlargest(limit, names)]


def read_mail(folder: Path, name: str) -> ParsedMail:
    """Return one mail taken apart; raises NoSuchMail for any name that is not one of ours."""
    path = folder / name
    if not MAIL_NAME.fullmatch(name) or path.is_symlink() or not path.is_file():
        raise NoSuchMail("There is no such mail in the outbox.")
    content = path.read_bytes()
    message = message_from_bytes(content, policy=default)
    envelope = _envelope(path)
    return ParsedMail(
        name=name,
        date=_written_at(name),
        envelope_sender=envelope.get("sender", ""),
        envelope_recipient=envelope.get("recipient", ""),
        headers=[(header, str(value)) for header, value in message.items()],
        text=_body(message, "plain"),
        html=_body(message, "html"),
        size=len(content),
    )


def forget_mails(folder: Path, *, to: Collection[str]) -> int:
    """Delete the mails that went to any of these addresses; return how many there were.

    Looks into every envelope there is. What another process deletes meanwhile is no error.
    """
    wanted = {address.casefold() for address in to}
    gone = 0
    for name in os.listdir(folder) if folder.is_dir() else ():
        mail = folder / name
        if not MAIL_NAME.fullmatch(name):
            continue
        if _envelope(mail).get("recipient", "").casefold() in wanted:
            mail.unlink(missing_ok=True)
            envelope_path(mail).unlink(missing_ok=True)
            gone += 1
    return gone


def envelope_path(mail: Path) -> Path:
    """Return where the envelope of a mail is kept, beside its untouched content."""
    return mail.with_suffix(".json")


def _listed(path: Path) -> OutboxMail:
    with path.open("rb") as file:
        message = BytesHeaderParser(policy=default).parse(file)
    return OutboxMail(
        name=path.name,
        date=_written_at(path.name),
        from_=str(message["From"] or ""),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        size=path.stat().st_size,
    )


def _body(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body((subtype,))
    if part is None:
        return None
    octets = part.get_payload(decode=True)
    return octets.decode("utf-8", "replace") if isinstance(octets, bytes) else None


def _envelope(path: Path) -> dict[str, str]:
    try:
        return cast(dict[str, str], json.loads(envelope_path(path).read_bytes()))
    except (OSError, ValueError):
        return {}  # the mail itself is still worth showing


def _written_at(name: str) -> datetime:
    return datetime.strptime(name.partition("-")[0], TIME_FORMAT).replace(tzinfo=UTC)
