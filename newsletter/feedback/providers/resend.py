"""Resend: webhooks signed as Svix does, by HMAC over id, time and raw body.

What it documents of an event names our mail by nothing of ours: neither Message-ID nor headers, and
its own `email_id` is told nobody who sends by SMTP. Its signature vouches for `to`, so the last
mail to that address is meant; a Message-ID of ours goes first, should one come along.
Source: docs.svix.com, "Verifying webhooks manually"; resend.com/docs/webhooks/emails/bounced.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from newsletter.feedback.providers.checking import (
    Forged,
    Request,
    refuse_forged,
    refuse_stale,
    seconds_of,
)
from newsletter.feedback.providers.json_body import needed, object_of, words_of
from newsletter.feedback.receive import Event
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge

#: Svix signs each attempt anew.
FRESH = timedelta(minutes=5)


def check(request: Request, *, secret: str) -> list[Event]:
    """Return the one event of a webhook; `secret` begins with "whsec_".

    Raises:
        Forged: the signature is wrong or old.
    """
    event_id, timestamp = (request.headers.get(name, "") for name in ("svix-id", "svix-timestamp"))
    signed = f"{event_id}.{timestamp}.".encode() + request.body
    code = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(code).decode()
    # Several while a secret is being replaced, separated by spaces.
    given = request.headers.get("svix-signature", "").split(" ")[:10]
    refuse_forged(given, expected=expected)
    refuse_stale(seconds_of(timestamp), now=request.now, within=FRESH)
    return [Event(event_id=needed(event_id, "svix-id"), payload=request.body)]


def read(event: dict[str, Any]) -> BounceReport:
    """Return what an event says."""
    data = object_of(event.get("data"))
    bounce = object_of(data.get("bounce"))
    words = words_of(bounce.get("message"))
    return BounceReport(
        kind=_kind(words_of(event.get("type")), bounce, words),
        text=shown_words(words),
        message_ids=tuple(_message_ids(data)),
        recipient=_recipient(data.get("to")),
        mailed_at=_moment(words_of(data.get("created_at"))),
    )


def _recipient(value: Any) -> str:
    """Return the one recipient; our mails have no second."""
    listed = value if isinstance(value, list) else [value]
    return parseaddr(words_of(listed[0]))[1] if len(listed) == 1 else ""


def _moment(text: str) -> datetime | None:
    """Return when the mail was made; None where that is not said with its time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _kind(name: str, bounce: dict[str, Any], words: str) -> ReportKind:
    if name == "email.complained":
        return ReportKind.COMPLAINT
    if name == "email.bounced":
        if bounce.get("type") == "Transient":
            return ReportKind.SOFT
        if bounce.get("type") == "Permanent":
            about = judge(words=words)
            return about if about is ReportKind.ABOUT_US else ReportKind.HARD
        return ReportKind.SOFT
    if name == "email.delivery_delayed":
        return ReportKind.DELAYED
    return ReportKind.ARRIVED if name in ("email.delivered", "email.sent") else ReportKind.UNCLEAR


def _message_ids(data: dict[str, Any]) -> list[str]:
    """Return where our Message-ID may stand: beside the mail, or among its headers."""
    headers = data.get("headers")
    listed = [object_of(one) for one in headers] if isinstance(headers, list) else []
    found = [words_of(data.get("message_id"))] + [
        words_of(one.get("value"))
        for one in listed
        if words_of(one.get("name")).lower() == "message-id"
    ]
    return [one.strip("<>") for one in found if one][:5]


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise Forged("RESEND_WEBHOOK_SECRET cannot be read.") from None
