"""Mailgun: webhooks signed by HMAC over time and token – not over the body.

So a signature seen once could carry any body: each token is good for one event only (`Event.once`).
Source: documentation.mailgun.com, "Securing webhooks", "Event structure".
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from newsletter.feedback.providers.checking import Request, refuse_forged, refuse_stale, seconds_of
from newsletter.feedback.providers.json_body import json_of, needed, object_of, words_of
from newsletter.feedback.receive import Event
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge

#: Mailgun tries for eight hours.
FRESH = timedelta(hours=9)


def check(request: Request, *, secret: str) -> list[Event]:
    """Return the one event of a webhook; `secret` is the account's webhook signing key.

    Raises:
        Forged: the signature is wrong or old.
        Malformed: Mailgun does not write so.
    """
    body = object_of(json_of(request.body))
    signature = object_of(body.get("signature"))
    timestamp, token = words_of(signature.get("timestamp")), words_of(signature.get("token"))
    signed = (timestamp + token).encode("utf-8", "replace")  # JSON can hold halves of a letter
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    refuse_forged([words_of(signature.get("signature"))] if token else [], expected=expected)
    refuse_stale(seconds_of(timestamp), now=request.now, within=FRESH)
    event = object_of(body.get("event-data"))
    once = hashlib.sha256(token.encode()).hexdigest()
    return [Event(event_id=needed(event.get("id"), "id"), payload=request.body, once=once)]


def read(body: dict[str, Any]) -> BounceReport:
    """Return what an event says."""
    event = object_of(body.get("event-data"))
    status = object_of(event.get("delivery-status"))
    code, message = words_of(status.get("code")), words_of(status.get("message"))
    answer = message if message.startswith(code) else f"{code} {message}".strip()
    words = answer or words_of(status.get("description"))
    headers = object_of(object_of(event.get("message")).get("headers"))
    return BounceReport(
        kind=_kind(event, words),
        status=words_of(status.get("enhanced-code")),
        text=shown_words(words),
        message_ids=(words_of(headers.get("message-id")),),
    )


def _kind(event: dict[str, Any], words: str) -> ReportKind:
    name = words_of(event.get("event"))
    if name == "complained":
        return ReportKind.COMPLAINT
    if name == "failed":
        if event.get("severity") == "temporary":
            return ReportKind.DELAYED  # Mailgun tries again, and tells of the end
        if words_of(event.get("reason")).startswith("suppress"):
            return ReportKind.HARD  # it came back before, and Mailgun did not even try
        status = words_of(object_of(event.get("delivery-status")).get("enhanced-code"))
        return judge(status=status, words=words)
    return ReportKind.ARRIVED if name in ("delivered", "accepted") else ReportKind.UNCLEAR
