"""Which of our mails a report is about: one that a signature of ours names.

The return path is enough: a report by mail has to come back to it (RFC 3464 §2), and few but the
servers on its way see it. Our Message-ID stands in every answer to the mail (RFC 5322 §3.6.4), in
archives of other lists too; so by mail it counts only beside the link of List-Unsubscribe, which
stands in no answer, and with which one can unsubscribe the reader anyway.

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
from newsletter.subscriptions.letter_envelope import LIKE_DIGESTS
from newsletter.subscriptions.links import ForgedLink, LeavingLink, read_leaving
from newsletter.subscriptions.models import Letter, Subscriber, Subscription

#: How long after a mail an event may be about it (RFC 5321 §4.5.4.1: servers try for five days).
_REMEMBERED = timedelta(days=7)
#: How far our note of a mail and its provider's may be apart.
_APART = timedelta(minutes=5)


def delivery_named(report: BounceReport, *, vouched: bool) -> int | None:
    """Return the delivery that a report is about, by a signature that only we can have made.

    Args:
        vouched: a provider signed the report, so a Message-ID in it is no copy from an answer.
    """
    return _named(report, "delivery", vouched=vouched)


def letter_named(report: BounceReport, *, vouched: bool) -> int | None:
    """Return the letter that a report is about; see `delivery_named`."""
    return _named(report, "letter", vouched=vouched)


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


def _named(report: BounceReport, kind: Kind, *, vouched: bool) -> int | None:
    keys = settings.secret_keys
    octet_keys = [key.encode() for key in keys]
    for path in report.return_paths:
        mail = _mail(kind, read_return_path(path, keys=octet_keys, kind=kind))
        if mail is not None:
            return mail.id
    for name in report.message_ids:
        mail = _mail(kind, read_message_id(name, kind=kind, keys=keys))
        if mail is not None and (vouched or _is_bare(mail) or _returns_link_of(mail, report)):
            return mail.id
    return None


def _mail(kind: Kind, number: int | None) -> Delivery | Letter | None:
    if number is None or number >= 2**63:
        return None
    if kind == "delivery":
        return db.session.get(Delivery, number)
    return db.session.get(Letter, number)


def _is_bare(mail: Delivery | Letter) -> bool:
    """Whether it has no List-Unsubscribe: a confirmation and the like, not answered in public."""
    return isinstance(mail, Letter) and mail.kind not in LIKE_DIGESTS


def _returns_link_of(mail: Delivery | Letter, report: BounceReport) -> bool:
    """Whether the List-Unsubscribe of a mail to the same subscription was returned."""
    hers = LeavingLink(mail.subscription_id, in_header=True)
    return hers in map(_leaving, report.leaving_tokens)


def _leaving(token: str) -> LeavingLink | None:
    try:
        return read_leaving(token)
    except ForgedLink:
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
