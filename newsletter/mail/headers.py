"""The header set of each kind of mail, ready for `compile_message`."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from newsletter.mail.addresses import ascii_address, ascii_domain, ascii_url
from newsletter.mail.encoded_words import phrase
from newsletter.mail.header_lines import UnsafeHeader
from newsletter.mail.markers import Markers, Placeholder

Headers = list[tuple[str, str]]

_FEEDBACK_FIELD = re.compile(r"[A-Za-z0-9_.-]*")
_FEEDBACK_FIELDS = 4


def digest_headers(
    *,
    markers: Markers,
    from_name: str,
    from_email: str,
    reply_to: str | None,
    subject: str,
    date: datetime,
    list_id: str,
    archive_url: str | None,
    feedback_id: str | None,
    mailto: bool,
    to_name: bool = False,
    returned_in: str = "",
) -> Headers:
    """Return the headers of a digest (RFC 2369, 2919, 8058).

    `list_id` is a domain-like name ("iria-news.example.org"); `feedback_id` up to four fields
    joined by colons, the same for every mail of a digest; with `mailto` List-Unsubscribe also
    names an address, which somebody must read; with `to_name` the placeholder NAME stands before
    the recipient's address. `returned_in` names a header whose value a provider returns with its
    events; it repeats the Message-ID. `date` is UTC-aware.
    """
    ways = [Placeholder.ONE_CLICK_URL, *([Placeholder.UNSUBSCRIBE_MAILTO] if mailto else [])]
    unsubscribe = ", ".join(f"<{markers.marker(way)}>" for way in ways)
    headers = [
        *_common(markers, from_name, from_email, reply_to, subject, date, to_name),
        ("List-Id", f"<{ascii_domain(list_id)}>"),
        ("List-Unsubscribe", unsubscribe),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]
    if archive_url:
        headers.append(("List-Archive", f"<{ascii_url(archive_url)}>"))
    headers += _returned(markers, returned_in)
    if feedback_id:
        headers.append(("Feedback-ID", _checked_feedback_id(feedback_id)))
    return headers


def returned_in(*, postmark: bool) -> str:
    """Return the header whose value the provider returns with its events; empty: none is needed.

    Postmark replaces Message-IDs. It returns metadata.
    """
    return "X-PM-Metadata-delivery" if postmark else ""


def letter_headers(
    *,
    markers: Markers,
    from_name: str,
    from_email: str,
    reply_to: str | None,
    subject: str,
    date: datetime,
    to_name: bool = False,
    returned_in: str = "",
) -> Headers:
    """Return the headers of a single mail such as a confirmation (RFC 3834).

    No List-Unsubscribe: there is no subscription yet that could be ended.
    """
    return [
        *_common(markers, from_name, from_email, reply_to, subject, date, to_name),
        *_returned(markers, returned_in),
        ("Auto-Submitted", "auto-generated"),
    ]


def _returned(markers: Markers, name: str) -> Headers:
    return [(name, markers.marker(Placeholder.MESSAGE_ID))] if name else []


def mailbox(name: str, address: str) -> str:
    """Return `name <address>` for an address header, the name encoded where it must be."""
    written = ascii_address(address)
    return f"{shown} <{written}>" if (shown := phrase(name)) else written


def _common(
    markers: Markers,
    from_name: str,
    from_email: str,
    reply_to: str | None,
    subject: str,
    date: datetime,
    to_name: bool,
) -> Headers:
    if date.tzinfo is None:
        raise ValueError("the date of a mail is UTC-aware")
    address = markers.marker(Placeholder.ADDRESS)
    to = f"{markers.marker(Placeholder.NAME)} <{address}>" if to_name else address
    headers = [("From", mailbox(from_name, from_email)), ("To", to)]
    if reply_to:
        headers.append(("Reply-To", ascii_address(reply_to)))
    return [
        *headers,
        ("Subject", subject),
        ("Date", format_datetime(date.astimezone(UTC))),
        ("Message-ID", f"<{markers.marker(Placeholder.MESSAGE_ID)}>"),
    ]


def _checked_feedback_id(feedback_id: str) -> str:
    fields = feedback_id.split(":")
    if len(fields) > _FEEDBACK_FIELDS or not all(map(_FEEDBACK_FIELD.fullmatch, fields)):
        raise UnsafeHeader("The feedback id is at most four plain fields joined by colons.")
    return feedback_id
