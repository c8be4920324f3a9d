"""Lists and figures of deliveries for staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from newsletter.deliveries.models import ACCEPTED, WAITING, Delivery, DeliveryState, Feedback
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription

PAGE_SIZE = 50


@dataclass(slots=True)
class Figures:
    """How many deliveries of one digest stand where."""

    by_state: dict[DeliveryState, int] = field(default_factory=dict)

    @property
    def candidates(self) -> int:
        """Readers who were due."""
        return sum(self.by_state.values())

    @property
    def sent(self) -> int:
        """Accepted by the next mail server, whatever came back later."""
        return sum(self.by_state.get(state, 0) for state in ACCEPTED)

    @property
    def failed(self) -> int:
        """Refused for good."""
        return self.by_state.get(DeliveryState.FAILED, 0)

    @property
    def skipped(self) -> int:
        """Left out, with a reason."""
        return self.by_state.get(DeliveryState.SKIPPED, 0)

    @property
    def waiting(self) -> int:
        """Queued or deferred."""
        return sum(self.by_state.get(state, 0) for state in WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """A stretch of the list; `after` continues it, None: this is its end."""

    deliveries: Sequence[Delivery]
    came_back: Mapping[int, Sequence[Feedback]]  # of each delivery, what was told of it
    after: int | None


def figures_of(digest_ids: Sequence[int]) -> dict[int, Figures]:
    """Return the figures of several digests by their ids, from one query."""
    found = {digest_id: Figures() for digest_id in digest_ids}
    rows = db.session.execute(
        sa.select(Delivery.digest_id, Delivery.state, sa.func.count())
        .where(Delivery.digest_id.in_(digest_ids))
        .group_by(Delivery.digest_id, Delivery.state)
    )
    for digest_id, state, count in rows:
        found[digest_id].by_state[state] = count
    return found


def readers_by_variant(digest_id: int) -> dict[int, int]:
    """Return how many deliveries carry each variant of a digest."""
    rows = db.session.execute(
        sa.select(Delivery.variant_id, sa.func.count())
        .where(Delivery.digest_id == digest_id, Delivery.variant_id.is_not(None))
        .group_by(Delivery.variant_id)
    )
    return {variant_id: count for variant_id, count in rows if variant_id is not None}


def list_deliveries(
    *,
    digest_id: int,
    state: DeliveryState | None = None,
    after: int | None = None,
    limit: int = PAGE_SIZE,
) -> DeliveryPage:
    """Return deliveries with their readers' addresses, in the order of their sending.

    Those that came back are among the sent, as in every figure.

    Args:
        after: what the page before gave.
    """
    statement = (
        sa.select(Delivery)
        .where(Delivery.digest_id == digest_id)
        .options(joinedload(Delivery.subscription).joinedload(Subscription.subscriber))
        .order_by(Delivery.id)
        .limit(limit + 1)
    )
    if state is not None:
        states = ACCEPTED if state is DeliveryState.SENT else (state,)
        statement = statement.where(Delivery.state.in_(states))
    if after is not None:
        statement = statement.where(Delivery.id > after)
    found = db.session.scalars(statement).all()
    more = len(found) > limit
    return DeliveryPage(
        deliveries=found[:limit],
        came_back=_came_back(found[:limit]),
        after=found[limit - 1].id if more else None,
    )


def _came_back(deliveries: Sequence[Delivery]) -> dict[int, list[Feedback]]:
    """Return what was told of mails after they were sent; of a refusal the reply tells."""
    sent = [one.id for one in deliveries if one.state in ACCEPTED]
    found: dict[int, list[Feedback]] = {}
    told = sa.select(Feedback).where(Feedback.delivery_id.in_(sent)).order_by(Feedback.id)
    for one in db.session.scalars(told):
        found.setdefault(one.delivery_id, []).append(one)
    return found
