"""The mailbox of bounces, by IMAP: a mail is moved or deleted only once it is stored (RFC 3501)."""

import imaplib
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from newsletter.errors import TemporaryError
from newsletter.feedback.receive import EmptyMail, receive_mail
from newsletter.mail.bounce_reports import MOST_OCTETS
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

_SECONDS = 10
#: Mails taken in one go; a task has a minute.
AT_ONCE = 200
_PORTS = {"imap": 143, "imaps": 993}
_NUMBERS = re.compile(rb"[0-9]+")


class MailboxUnavailable(TemporaryError):
    """The mailbox cannot be read now; its mails stay where they are."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where bounces lie. `done` takes what was read; without it that is deleted."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    done: str = ""
    encrypted: bool = True
    ca_file: str | None = None


def parse_mailbox(url: str) -> Mailbox:
    """Read imaps://USER:PASSWORD@HOST:PORT/FOLDER?done=FOLDER."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    return Mailbox(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        done=asked.get("done", [""])[0],
        encrypted=parts.scheme == "imaps",
        ca_file=asked.get("ca", [None])[0],
    )


def empty_mailbox(*, url: str, clock: Callable[[], datetime]) -> int:
    """Store the mails of the mailbox and clear them away; return how many.

    Each is stored, committed, and only then marked: one that a killed worker left behind is read
    again, and known.

    Raises:
        MailboxUnavailable: it cannot be reached, entered or read.
    """
    mailbox = parse_mailbox(url)
    try:
        connection = _enter(mailbox)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnavailable(_told(error, mailbox)) from error
    try:
        return _empty(connection, mailbox, clock)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnavailable(_told(error, mailbox)) from error
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            connection.logout()


def look_into(url: str) -> int:
    """Return how many mails lie in the mailbox; changes nothing.

    Raises:
        MailboxUnavailable: it cannot be reached or entered.
    """
    mailbox = parse_mailbox(url)
    try:
        connection = _enter(mailbox, readonly=True)
        try:
            return len(_uids(connection))
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                connection.logout()
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnavailable(_told(error, mailbox)) from error


def _enter(mailbox: Mailbox, *, readonly: bool = False) -> imaplib.IMAP4:
    connection = _connect(mailbox)
    try:
        connection.login(mailbox.user, mailbox.password)
        _expect_ok(connection.select(_quoted(mailbox.folder), readonly=readonly))
    except BaseException:
        with suppress(OSError, imaplib.IMAP4.error):
            connection.shutdown()
        raise
    return connection


def _connect(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.encrypted:
        return imaplib.IMAP4_SSL(
            mailbox.host,
            mailbox.port,
            ssl_context=ssl.create_default_context(cafile=mailbox.ca_file),
            timeout=_SECONDS,
        )
    connection = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_SECONDS)
    if "STARTTLS" in connection.capabilities:
        connection.starttls(ssl.create_default_context(cafile=mailbox.ca_file))
    return connection


def _empty(connection: imaplib.IMAP4, mailbox: Mailbox, clock: Callable[[], datetime]) -> int:
    if mailbox.done:
        connection.create(_quoted(mailbox.done))  # "no": it is there already
    taken = 0
    for uid in _uids(connection)[:AT_ONCE]:
        octets = _fetch(connection, uid)
        with suppress(EmptyMail), unit_of_work():
            receive_mail(octets=octets, now=clock())
        _clear_away(connection, uid, mailbox.done)
        taken += 1
    if taken:
        connection.expunge()
        log.info("mailbox_emptied", mails=taken)
    return taken


def _uids(connection: imaplib.IMAP4) -> list[str]:
    (found, *_) = _expect_ok(connection.uid("SEARCH", "UNDELETED"))
    return [number.decode() for number in _NUMBERS.findall(found or b"")]


def _fetch(connection: imaplib.IMAP4, uid: str) -> bytes:
    """Return the beginning of a mail, without marking it as seen."""
    answer = _expect_ok(connection.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_OCTETS}>)"))
    return next((part[1] for part in answer if isinstance(part, tuple)), b"")


def _clear_away(connection: imaplib.IMAP4, uid: str, done: str) -> None:
    if done:
        _expect_ok(connection.uid("COPY", uid, _quoted(done)))
    _expect_ok(connection.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))


def _expect_ok(answer: tuple[str, list[Any]]) -> list[Any]:
    state, data = answer
    if state != "OK":
        raise imaplib.IMAP4.error("the mailbox refused")
    return data


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _told(error: Exception, mailbox: Mailbox) -> str:
    """Say what is wrong, without the server's words: some repeat what they were sent."""
    kind = "refused" if isinstance(error, imaplib.IMAP4.error) else type(error).__name__
    return f"The mailbox of bounces at {mailbox.host}:{mailbox.port} cannot be read ({kind})."
