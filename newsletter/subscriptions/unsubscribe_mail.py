"""Unsubscribe by mail: what reaches the address in List-Unsubscribe (RFC 2369 §3.2).

The address alone says what to do: `unsubscribe+TOKEN@…`. Nothing in the mail counts, and nothing
is answered, so that two machines cannot write to each other for ever.
"""

from datetime import datetime
from email.utils import parseaddr
from enum import StrEnum

import structlog

from newsletter.extensions import db
from newsletter.subscriptions.come_back import is_undoable, owe_undo_letter
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.links import BrokenLink, read_unsubscribe
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.unsubscribe import unsubscribe

log = structlog.get_logger()

#: What the local part of such an address begins with.
LOCAL_PART = "unsubscribe"


class UnsubscribeMail(StrEnum):
    """What came of such a mail."""

    ENDED = "ended"
    ENDED_BEFORE = "ended_before"
    UNKNOWN = "unknown"  # forged, cut short, or of a reader whom nobody knows any more
    NOT_FOR_US = "not_for_us"  # another kind of address


def is_unsubscribe_address(address: str) -> bool:
    """Whether an address is one of those in List-Unsubscribe, a sound one or not."""
    return _token_in(address) is not None


def handle_unsubscribe_mail(*, address: str, sender: str = "", now: datetime) -> UnsubscribeMail:
    """End the subscription that a recipient's address names.

    Args:
        address: to which the mail came, best that of the envelope; case may have been folded.
        sender: who wrote it, if known. Where that is not the reader, she gets a letter by which
            she can undo it: a mail that was passed on has this address too.
    """
    token = _token_in(address)
    if token is None:
        return UnsubscribeMail.NOT_FOR_US
    try:
        subscription = db.session.get(Subscription, read_unsubscribe(token))
    except BrokenLink:
        subscription = None
    if subscription is None:
        return UnsubscribeMail.UNKNOWN
    ended = unsubscribe(subscription=subscription, request=RequestEvidence(Source.MAIL), now=now)
    if ended is None:
        return UnsubscribeMail.ENDED_BEFORE
    hers = parseaddr(sender)[1].casefold() == subscription.subscriber.email_key
    if is_undoable(subscription, now=now) and not hers:
        owe_undo_letter(subscription=subscription, now=now)
    log.info("unsubscribed_by_mail", subscription_id=subscription.id)
    return UnsubscribeMail.ENDED


def _token_in(address: str) -> str | None:
    local = parseaddr(address)[1].rpartition("@")[0].lower()
    name, plus, token = local.partition("+")
    return token if name == LOCAL_PART and plus and token else None
