"""Postmark: webhooks with a user and a password in their address; bounces and spam complaints.

Postmark gives mails a Message-ID of its own and signs nothing, but it returns metadata: our
Message-ID travels in `X-PM-Metadata-delivery`. Source: postmarkapp.com, "Bounce webhook", "Spam
complaint webhook".
"""

import base64
import binascii
from typing import Any

from newsletter.feedback.providers.checking import Forged, Request, same
from newsletter.feedback.providers.json_body import json_of, needed, object_of, words_of
from newsletter.feedback.receive import Event
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge

#: The name under which Postmark returns the header that our mails carry for it.
METADATA = "delivery"

#: Types that say more than the words do. The others are judged by their words.
_TYPES = {
    "HardBounce": ReportKind.HARD,
    "BadEmailAddress": ReportKind.HARD,
    "SoftBounce": ReportKind.SOFT,
    "DnsError": ReportKind.SOFT,
    "Transient": ReportKind.DELAYED,
    "AutoResponder": ReportKind.AUTO_REPLY,
    "AddressChange": ReportKind.AUTO_REPLY,
    "ChallengeVerification": ReportKind.AUTO_REPLY,
    "SpamComplaint": ReportKind.COMPLAINT,
    "SpamNotification": ReportKind.ABOUT_US,
    "Blocked": ReportKind.ABOUT_US,
    "DMARCPolicy": ReportKind.ABOUT_US,
    "VirusNotification": ReportKind.ABOUT_US,
}


def check(request: Request, *, secret: str) -> list[Event]:
    """Return the one event of a webhook.

    Args:
        secret: "user:password" as in the webhook's address.

    Raises:
        Forged: user or password are not those.
        Malformed: Postmark does not write so.
    """
    if not same(_credentials(request.headers.get("authorization", "")), secret):
        raise Forged("User or password are wrong.")
    event = object_of(json_of(request.body))
    record = needed(event.get("RecordType"), "RecordType")
    number = needed(event.get("ID") or event.get("MessageID"), "ID")
    return [Event(event_id=f"{record}:{number}"[:200], payload=request.body)]


def read(event: dict[str, Any]) -> BounceReport:
    """Return what an event says."""
    record = words_of(event.get("RecordType"))
    words = words_of(event.get("Details")) or words_of(event.get("Description"))
    kind = ReportKind.ARRIVED if record == "Delivery" else ReportKind.UNCLEAR
    if record == "SpamComplaint":
        kind = ReportKind.COMPLAINT
    elif record == "Bounce":
        kind = _TYPES.get(words_of(event.get("Type"))) or judge(words=words)
        about = judge(words=words) if words else kind
        if kind is ReportKind.HARD and about in (ReportKind.ABOUT_US, ReportKind.SOFT):
            kind = about
    metadata = object_of(event.get("Metadata"))
    return BounceReport(
        kind=kind,
        text=shown_words(words),
        message_ids=(words_of(metadata.get(METADATA)),),
    )


def _credentials(header: str) -> str:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Forged("User and password are missing.")
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Forged("User and password cannot be read.") from None
