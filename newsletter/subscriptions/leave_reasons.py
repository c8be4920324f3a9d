"""Reasons for leaving: asked after it, never before, and kept as counts without a person."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.subscriptions.leave_reason_models import LeaveReason, LeaveReasonCount
from newsletter.subscriptions.models import Subscription, SubscriptionState

#: Days that staff are shown.
SHOWN_DAYS = 90


def give_reason(
    *, subscription: Subscription, round: int, reason: LeaveReason, now: datetime
) -> bool:
    """Count a reason, once for each time that she leaves.

    Args:
        round: the one she left into; who is back gives no reason any more.

    Returns:
        Whether it was counted.
    """
    db.session.refresh(subscription, with_for_update=True)
    has_left = subscription.state is SubscriptionState.UNSUBSCRIBED
    if not has_left or subscription.round != round or subscription.reason_round == round:
        return False
    subscription.reason_round = round
    day = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    values = {"publication_id": subscription.publication_id, "day": day, "reason": reason}
    unique = ["publication_id", "day", "reason"]
    insert_missing(db.session(), LeaveReasonCount, values, unique=unique)
    db.session.execute(
        sa.update(LeaveReasonCount)
        .filter_by(**values)
        .values(readers=LeaveReasonCount.readers + 1)
        .execution_options(synchronize_session=False)
    )
    return True


def reasons_given(*, publication_id: int, now: datetime) -> Mapping[LeaveReason, int]:
    """Return how many readers gave each reason in the last `SHOWN_DAYS`; every reason is there."""
    rows = db.session.execute(
        sa.select(LeaveReasonCount.reason, sa.func.sum(LeaveReasonCount.readers))
        .where(LeaveReasonCount.publication_id == publication_id)
        .where(LeaveReasonCount.day > now - timedelta(days=SHOWN_DAYS))
        .group_by(LeaveReasonCount.reason)
    )
    found = {reason: int(number) for reason, number in rows}
    return {reason: found.get(reason, 0) for reason in LeaveReason}
