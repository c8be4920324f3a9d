"""Read what came back: delivery reports, complaints and auto-replies, told apart.

Pure: octets in, a `BounceReport` out, whatever the octets are. Sources: RFC 3464 and 6533
(delivery reports), RFC 5965 (complaints), RFC 3834 (auto-replies). Reports without any structure
are read by their words, as such a one still comes to a return path that only we can have signed.
"""

from email.message import Message

from newsletter.mail.bounce_complaints import read_complaint
from newsletter.mail.bounce_dsn import read_status
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.mail.bounce_origin import leaving_tokens_in, message_ids_in, return_paths_in
from newsletter.mail.bounce_parts import (
    FEEDBACK,
    RETURNED,
    STATUS,
    Part,
    Unreadable,
    headers_of,
    take_apart,
)
from newsletter.mail.bounce_replies import is_automatic
from newsletter.mail.bounce_words import read_words

#: Octets that are looked at; the reports stand first, the returned mail last.
MOST_OCTETS = 512 * 1024


def parse_report(octets: bytes) -> BounceReport:
    """Return what a message says of a mail of ours."""
    try:
        message, parts = take_apart(octets[:MOST_OCTETS])
    except Unreadable:
        return BounceReport(kind=ReportKind.UNCLEAR)
    judged = _judged(message, parts)
    returned = [headers_of(part.text) for part in parts if part.type in RETURNED]
    return BounceReport(
        kind=judged.kind,
        status=judged.status,
        text=judged.text,
        return_paths=(*judged.return_paths, *return_paths_in(message, returned)),
        message_ids=message_ids_in(returned, parts),
        leaving_tokens=leaving_tokens_in(parts),
    )


def _judged(message: Message, parts: list[Part]) -> BounceReport:
    if complaint := _first(parts, FEEDBACK):
        return read_complaint(complaint.text)
    if status := _first(parts, STATUS):
        return read_status(status.text)
    if is_automatic(message):
        return BounceReport(kind=ReportKind.AUTO_REPLY)
    return read_words(message, parts)


def _first(parts: list[Part], types: tuple[str, ...]) -> Part | None:
    return next((part for part in parts if part.type in types), None)
