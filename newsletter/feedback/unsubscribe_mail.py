"""Unsubscribe by mail: the address in List-Unsubscribe carries the token, so the address is all."""

import re
from datetime import datetime

from newsletter.extensions import db
from newsletter.mail.bounce_origin import addresses_in
from newsletter.mail.bounce_parts import headers_of
from newsletter.mail.bounce_reports import MOST_OCTETS
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.links import ForgedLink, read_unsubscribe
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.unsubscribe import unsubscribe

_ADDRESS = re.compile(r"unsubscribe\+([a-z0-9-]{1,120})@[^@\s]+", re.IGNORECASE)
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")


def unsubscribe_by_mail(*, octets: bytes, now: datetime) -> bool:
    """End the subscription that a mail's recipient names; say whether it named one of ours."""
    headers = headers_of(octets[:MOST_OCTETS].decode("latin-1"))
    for address in addresses_in(headers, _RECIPIENTS):
        found = _ADDRESS.fullmatch(address)
        if found and (subscription := _named(found[1])) is not None:
            unsubscribe(
                subscription=subscription, request=RequestEvidence(Source.UNSUBSCRIBE_MAIL), now=now
            )
            return True
    return False


def _named(token: str) -> Subscription | None:
    try:
        return db.session.get(Subscription, read_unsubscribe(token))
    except ForgedLink:
        return None
