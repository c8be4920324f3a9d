"""Receive: store what came in, once, and ask for it to be handled."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.feedback.models import Notice, NoticeSource
from newsletter.jobs import Job, enqueue
from newsletter.mail.bounce_reports import MOST_OCTETS

_ADDRESS = re.compile(r"[^\s<>,;:\"]{1,200}@[^\s<>,;:\"]{1,255}")


class UsedSignature(PermanentError):
    """A signature that was good for one event came with another one."""


class EmptyMail(PermanentError):
    """There is nothing in it to store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a provider whose signature was right."""

    event_id: str
    payload: bytes
    once: str | None = None


def receive_events(*, source: NoticeSource, events: Iterable[Event], now: datetime) -> int:
    """Store events that are not known yet and ask for a job for each; return how many were new.

    Raises:
        UsedSignature: a signature that is good for one event was used for another.
    """
    return sum(_store(source, event, now=now) for event in events)


def receive_mail(*, octets: bytes, recipient: str = "", now: datetime) -> bool:
    """Store a mail that may report a bounce; say whether it was new.

    Args:
        recipient: whom the mail system gave it to, where it says.

    Raises:
        EmptyMail: there is nothing in it.
    """
    if octets.startswith(b"From "):  # an mbox line, with the time of this attempt
        octets = octets.partition(b"\n")[2]
    if not octets.strip():
        raise EmptyMail("The mail is empty.")
    octets = octets[:MOST_OCTETS]
    event = Event(event_id=_mail_id(octets, recipient), payload=_given_to(recipient) + octets)
    return bool(receive_events(source=NoticeSource.MAIL, events=[event], now=now))


def _store(source: NoticeSource, event: Event, *, now: datetime) -> int:
    if _is_known(source, event):
        return 0
    values = {
        "source": source,
        "event_id": event.event_id,
        "once": event.once,
        "payload": event.payload,
        "received_at": now,
    }
    unique = ["source", "event_id"]
    insert_missing(db.session(), Notice, values, unique=unique)
    found = sa.select(Notice.id).where(
        Notice.source == source, Notice.event_id == event.event_id, Notice.received_at == now
    )
    notice_id = db.session.scalar(found)
    if notice_id is None:
        return 0  # another request was faster
    enqueue(Job.HANDLE_NOTICE, notice_id=notice_id)
    return 1


def _is_known(source: NoticeSource, event: Event) -> bool:
    if event.once is not None:
        used = sa.select(Notice.event_id).where(Notice.source == source, Notice.once == event.once)
        first = db.session.scalar(used)
        if first not in (None, event.event_id):
            raise UsedSignature("This signature was used before, for something else.")
    known = sa.select(Notice.id).where(Notice.source == source, Notice.event_id == event.event_id)
    return db.session.scalar(known) is not None


def _mail_id(octets: bytes, recipient: str) -> str:
    """Return what is the same however often a mail is handed to us.

    Mail systems put headers before it at each step, so of those only its own count.
    """
    headers = BytesHeaderParser(policy=compat32).parsebytes(octets)
    own = [str(headers.get(name, "")) for name in ("Message-ID", "Date", "To", "From")]
    ends = [found for end in (b"\n\n", b"\n\r\n") if (found := octets.find(end)) >= 0]
    body = octets[min(ends) :] if ends else b""
    seen = hashlib.sha256("\n".join([recipient, *own]).encode("utf-8", "replace"))
    seen.update(b"\n".join(line.rstrip(b"\r") for line in body.strip().split(b"\n")))
    return seen.hexdigest()


def _given_to(recipient: str) -> bytes:
    """Return a header for the recipient; what is no bare address says nothing."""
    address = recipient.strip()
    found = _ADDRESS.fullmatch(address.removeprefix("<").removesuffix(">"))
    return f"Delivered-To: {found[0]}\r\n".encode("utf-8", "replace") if found else b""
