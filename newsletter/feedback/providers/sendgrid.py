"""SendGrid: batches of events signed by ECDSA over time and raw body.

Source: twilio.com/docs/sendgrid, "Event webhook reference", "Event webhook security features".
"""

import base64
import binascii
import json
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.feedback.providers.checking import Forged, Request, refuse_stale, seconds_of
from newsletter.feedback.providers.json_body import Malformed, json_of, needed, object_of, words_of
from newsletter.feedback.receive import Event
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
#: SendGrid tries for a day.
FRESH = timedelta(hours=25)
_MOST_EVENTS = 5_000
#: Why SendGrid did not send a mail: what it knows of the address; all else is about us. Words of
#: its page "Event Webhook Reference", dropped: "Bounced Address", "Invalid", "Spam Reporting
#: Address", "Unsubscribed Address", "Invalid SMTPAPI header", "Spam Content".
_DROPPED = (
    ("smtpapi", ReportKind.ABOUT_US),
    ("bounced", ReportKind.HARD),
    ("invalid", ReportKind.HARD),
    ("spam reporting", ReportKind.COMPLAINT),
)


def check(request: Request, *, secret: str) -> list[Event]:
    """Return the events of a batch; `secret` is the verification key as SendGrid shows it.

    Raises:
        Forged: the signature is wrong or old.
        Malformed: SendGrid does not write so.
    """
    timestamp = request.headers.get(TIMESTAMP, "")
    try:
        signature = base64.b64decode(request.headers.get(SIGNATURE, ""), validate=True)
        _key(secret).verify(signature, timestamp.encode() + request.body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        raise Forged("The signature is wrong.") from None
    refuse_stale(seconds_of(timestamp), now=request.now, within=FRESH)
    batch = json_of(request.body)
    if not isinstance(batch, list) or len(batch) > _MOST_EVENTS:
        raise Malformed("The body is not a list of events.")
    events = [object_of(one) for one in batch]
    return [
        Event(
            event_id=needed(one.get("sg_event_id"), "sg_event_id"),
            payload=json.dumps(one).encode(),
        )
        for one in events
    ]


def read(event: dict[str, Any]) -> BounceReport:
    """Return what an event says."""
    words = words_of(event.get("reason")) or words_of(event.get("response"))
    status = words_of(event.get("status"))
    return BounceReport(
        kind=_kind(event, status, words),
        status=status,
        text=shown_words(words),
        message_ids=(words_of(event.get("smtp-id")).strip("<>"),),
    )


def _kind(event: dict[str, Any], status: str, words: str) -> ReportKind:
    name = words_of(event.get("event"))
    if name == "spamreport":
        return ReportKind.COMPLAINT
    if name == "bounce":
        if event.get("type") != "blocked":
            return judge(status=status, words=words)
        judged = judge(status=status, words=words)  # "blocked" is at most for the moment
        return ReportKind.SOFT if judged is ReportKind.HARD else judged
    if name == "dropped":
        return next((kind for word, kind in _DROPPED if word in words.lower()), ReportKind.ABOUT_US)
    if name == "deferred":
        return ReportKind.DELAYED
    return ReportKind.ARRIVED if name in ("delivered", "processed") else ReportKind.UNCLEAR


def _key(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split())))
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        raise Forged("SENDGRID_WEBHOOK_KEY cannot be read.") from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise Forged("SENDGRID_WEBHOOK_KEY is no key of this kind.")
    return key
