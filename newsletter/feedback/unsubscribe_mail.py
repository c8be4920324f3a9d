"""Unsubscribe by mail: of what comes in, the mails to an address in List-Unsubscribe."""

from datetime import datetime

from newsletter.mail.bounce_origin import addresses_in
from newsletter.mail.bounce_parts import headers_of
from newsletter.mail.bounce_reports import MOST_OCTETS
from newsletter.subscriptions.unsubscribe_mail import UnsubscribeMail, handle_unsubscribe_mail

_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_OURS = (UnsubscribeMail.ENDED, UnsubscribeMail.ENDED_BEFORE)


def unsubscribe_by_mail(*, octets: bytes, now: datetime) -> bool:
    """End the subscription that a mail's recipient names; say whether it named one of ours."""
    headers = headers_of(octets[:MOST_OCTETS].decode("latin-1"))
    senders = addresses_in(headers, ("From",))
    sender = senders[0] if len(senders) == 1 else ""
    return any(
        handle_unsubscribe_mail(address=address, sender=sender, now=now) in _OURS
        for address in addresses_in(headers, _RECIPIENTS)
    )
