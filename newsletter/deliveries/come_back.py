"""Come back: an undone unsubscribing loses no article and doubles none."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

import sqlalchemy as sa

from newsletter.deliveries.models import Delivery, DeliveryState, SkipReason
from newsletter.digests.models import Audience, Digest, DigestKind, DigestState
from newsletter.extensions import db
from newsletter.subscriptions import come_back as subscriptions
from newsletter.subscriptions.come_back import ComeBackResult
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Subscription

#: Digests that can have been under way to one reader when she left, with a wide margin.
_LOOKED_AT = 50


def come_back(
    *, subscription: Subscription, round: int, request: RequestEvidence, now: datetime
) -> ComeBackResult:
    """Restore a subscription, and her place in the ledger.

    Her copy of a digest that was under way when she left may have been left out meanwhile. Then
    her cursor goes back to where it was before, so that her next digest brings what it carried.
    A copy that still waits stays as it is and reaches her.
    """
    result = subscriptions.come_back(
        subscription=subscription, round=round, request=request, now=now
    )
    if result is ComeBackResult.BACK:
        newest = takewhile(_was_passed_over, _latest_deliveries(subscription))
        starts = [_cursor_before(one, subscription) for one in newest if _was_missed(one)]
        subscription.cursor = min([subscription.cursor, *starts])
        db.session.flush()
    return result


def _latest_deliveries(subscription: Subscription) -> Sequence[Delivery]:
    """Return her deliveries since she last confirmed, newest first; corrections move no cursor."""
    statement = (
        sa.select(Delivery)
        .join(Delivery.digest)
        .where(Delivery.subscription_id == subscription.id)
        .where(Digest.kind != DigestKind.CORRECTION)
        .order_by(Delivery.id.desc())
        .limit(_LOOKED_AT)
        .with_for_update(of=Delivery)  # a worker may be about to leave her out
    )
    if subscription.confirmed_at is not None:
        fanned_out = sa.func.coalesce(Digest.fanned_out_at, subscription.confirmed_at)
        statement = statement.where(fanned_out >= subscription.confirmed_at)
    return db.session.scalars(statement).all()


def _was_passed_over(delivery: Delivery) -> bool:
    """Whether nothing of a delivery's digest reached her, nor will."""
    return _was_missed(delivery) or delivery.reason == SkipReason.NOTHING_NEW.value


def _was_missed(delivery: Delivery) -> bool:
    left_out = delivery.state is DeliveryState.SKIPPED
    alive = delivery.digest.state in (DigestState.SENDING, DigestState.SENT)
    return left_out and delivery.reason == SkipReason.UNSUBSCRIBED.value and alive


def _cursor_before(delivery: Delivery, subscription: Subscription) -> int:
    """Return where she stood when the digest was fanned out.

    Readers with one variant get the same articles; from the furthest of their cursors on, exactly
    those are considered again. Where she chose other topics since, it is the furthest of all
    whom the variant went to.
    """
    same = sa.select(sa.func.max(Audience.cursor)).where(
        Audience.digest_id == delivery.digest_id, Audience.variant_id == delivery.variant_id
    )
    hers = same.where(
        Audience.topics == subscription.topics, Audience.language == subscription.language
    )
    found = (db.session.scalar(statement) for statement in (hers, same))
    before = next((cursor for cursor in found if cursor is not None), None)
    return subscription.cursor if before is None else int(before)
