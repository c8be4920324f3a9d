"""Which of our mails a report is about: one that a signature of ours names.

Whatever address a report by mail shows is not believed. An event whose signature was its provider's
is, where that provider returns nothing of ours: then it is the last mail to that address.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.mail.bounce_kinds import BounceReport
from newsletter.mail.message_id import read_message_id
from newsletter.mail.return_path import Kind, read_return_path
from newsletter.subscriptions.models import Letter, Subscriber, Subscription

#: How long after a mail an event may be about it (RFC 5321 §4.5.4.1: servers try for five days).
_REMEMBERED = timedelta(days=7)
#: How far our note of a mail and its provider's may be apart.
_APART = timedelta(minutes=5)


def delivery_named(report: BounceReport) -> int | None:
    """Return the delivery that a report is about, by a signature that only we can have made."""
    return _signed(report, "delivery", Delivery.id)


def letter_named(report: BounceReport) -> int | None:
    """Return the letter that a report is about, by a signature that only we can have made."""
    return _signed(report, "letter", Letter.id)


def last_mail_to(report: BounceReport, *, now: datetime) -> tuple[int | None, int | None]:
    """Return the delivery or the letter that went last to whom a provider names; neither if none.

    Args:
        report: of a provider that vouches for `recipient`.
    """
    if not report.recipient:
        return None, None
    before = (report.mailed_at or now) + _APART
    mails = [
        (_last_to(report.recipient, model, before=before, since=now - _REMEMBERED), kind)
        for model, kind in ((Delivery, "delivery"), (Letter, "letter"))
    ]
    found = [(row.sent_at, kind, row.id) for row, kind in mails if row is not None]
    if not found:
        return None, None
    _, kind, number = max(found)
    return (number, None) if kind == "delivery" else (None, number)


def _signed(
    report: BounceReport, kind: Kind, column: sa.orm.InstrumentedAttribute[int]
) -> int | None:
    keys = settings.secret_keys
    octet_keys = [key.encode() for key in keys]
    found = [read_return_path(path, keys=octet_keys, kind=kind) for path in report.return_paths]
    found += [read_message_id(one, kind=kind, keys=keys) for one in report.message_ids]
    for number in found:
        if number is not None and number < 2**63:
            known = db.session.scalar(sa.select(column).where(column == number))
            if known is not None:
                return number
    return None


def _last_to(
    address: str, model: type[Delivery | Letter], *, before: datetime, since: datetime
) -> sa.Row[int, datetime | None] | None:
    statement = (
        sa.select(model.id, model.sent_at)
        .join(Subscription, Subscription.id == model.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscriber.email_key == address.casefold())
        .where(model.sent_at <= before, model.sent_at > since)
        .order_by(model.sent_at.desc(), model.id.desc())
        .limit(1)
    )
    return db.session.execute(statement).first()
