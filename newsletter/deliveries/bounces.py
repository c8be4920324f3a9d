"""What came back about a delivery, and what follows for its reader and its digest.

Hard: the address is suppressed at once. Soft: one point a day. Complaint: the subscription ends and
the address is suppressed for every publication. Whatever is about us – reputation, signature,
content – is never held against a reader.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.deliveries.models import WAITING, Delivery, DeliveryState, Feedback, FeedbackKind
from newsletter.deliveries.self_pause import pause_if_bad
from newsletter.extensions import db
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.former_address import address_at
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.soft_points import add_soft_point
from newsletter.suppressions.suppress import suppress

log = structlog.get_logger()

#: Mail servers give up within five days (RFC 5321 §4.5.4.1); what is not back by then arrived.
SETTLED = timedelta(days=6)

_KINDS = {
    ReportKind.HARD: FeedbackKind.HARD_BOUNCE,
    ReportKind.SOFT: FeedbackKind.SOFT_BOUNCE,
    ReportKind.COMPLAINT: FeedbackKind.COMPLAINT,
}

#: What becomes of the delivery, and from which states. One that was refused stays `failed`.
_MOVES = {
    FeedbackKind.HARD_BOUNCE: DeliveryState.BOUNCED,
    FeedbackKind.SOFT_BOUNCE: DeliveryState.BOUNCED,
    FeedbackKind.COMPLAINT: DeliveryState.COMPLAINED,
}
_REASONS = {
    FeedbackKind.HARD_BOUNCE: SuppressionReason.HARD_BOUNCE,
    FeedbackKind.COMPLAINT: SuppressionReason.COMPLAINT,
}
_MOVABLE = (*WAITING, DeliveryState.SENT, DeliveryState.SKIPPED)


def record_bounce(*, delivery_id: int, report: BounceReport, now: datetime) -> FeedbackKind | None:
    """Note what a report says of one delivery, once, and act on it.

    Returns:
        What is known now and was not before; None if the report changes nothing.
    """
    kind = _KINDS.get(report.kind)
    delivery = _locked(delivery_id) if kind else None
    if kind is None or delivery is None or _is_known(delivery_id, kind):
        return None
    address = _address(delivery, now=now)
    _keep(delivery, kind, report, address=address, now=now)
    _move(delivery, kind, now=now)
    db.session.flush()
    _act(delivery.subscription, address, kind, report, now=now)
    log.info(kind.value, delivery_id=delivery_id, digest_id=delivery.digest_id)
    pause_if_bad(digest_id=delivery.digest_id, kind=kind, now=now)
    return kind


def _locked(delivery_id: int) -> Delivery | None:
    """Return the delivery, which no other transaction changes meanwhile."""
    return db.session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def _is_known(delivery_id: int, kind: FeedbackKind) -> bool:
    """Say whether it was noted; after a hard bounce a soft one of the same mail says nothing."""
    kinds = {kind, FeedbackKind.HARD_BOUNCE} if kind is FeedbackKind.SOFT_BOUNCE else {kind}
    known = sa.select(Feedback.id).where(
        Feedback.delivery_id == delivery_id, Feedback.kind.in_(kinds)
    )
    return db.session.scalar(known.limit(1)) is not None


def _address(delivery: Delivery, *, now: datetime) -> str | None:
    """Return where the mail went, which may be an address that she has left since.

    None: nobody can tell, or she is erased.
    """
    subscriber = delivery.subscription.subscriber
    if is_erased(subscriber):
        return None
    return address_at(subscriber=subscriber, moment=delivery.sent_at or now)


def _keep(
    delivery: Delivery,
    kind: FeedbackKind,
    report: BounceReport,
    *,
    address: str | None,
    now: datetime,
) -> None:
    erased = is_erased(delivery.subscription.subscriber)
    domain = (address or "").rpartition("@")[2].casefold()
    db.session.add(
        Feedback(
            delivery_id=delivery.id,
            digest_id=delivery.digest_id,
            kind=kind,
            at=now,
            mailed_at=delivery.sent_at or now,
            status=report.status[:16],
            text="" if erased else report.text,  # the part before the @ may be in it
            domain=domain[:253],
        )
    )


def _move(delivery: Delivery, kind: FeedbackKind, *, now: datetime) -> None:
    complained = kind is FeedbackKind.COMPLAINT and delivery.state is DeliveryState.BOUNCED
    if delivery.state in _MOVABLE or complained:
        # A report may be faster than the note that the relay accepted the mail.
        delivery.sent_at = delivery.sent_at or now
        delivery.state, delivery.reason, delivery.next_attempt_at = _MOVES[kind], "", None


def _act(
    subscription: Subscription,
    address: str | None,
    kind: FeedbackKind,
    report: BounceReport,
    *,
    now: datetime,
) -> None:
    if kind is FeedbackKind.COMPLAINT:
        unsubscribe(subscription=subscription, request=RequestEvidence(Source.COMPLAINT), now=now)
    if address is None:
        return
    note = report.line
    if kind is FeedbackKind.SOFT_BOUNCE:
        arrived = last_success(subscriber_id=subscription.subscriber_id, now=now)
        add_soft_point(address=address, now=now, last_success=arrived, note=note)
    else:
        suppress(address=address, reason=_REASONS[kind], note=note, now=now)


def last_success(*, subscriber_id: int, now: datetime) -> datetime | None:
    """Return when a mail to the reader last went out that did not come back in time."""
    return db.session.scalar(
        sa.select(sa.func.max(Delivery.sent_at))
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(Subscription.subscriber_id == subscriber_id)
        .where(Delivery.state == DeliveryState.SENT, Delivery.sent_at <= now - SETTLED)
    )
