"""Who is due for a digest, as one SQL condition that every count and fan-out shares."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.suppressions.models import Suppression


def select_readers(*columns: Any, publication_id: int) -> sa.Select[Any]:
    """Select `columns` of a publication's confirmed and unsuppressed subscriptions."""
    silenced = sa.exists().where(Suppression.address_hash == Subscriber.address_hash)
    return (
        sa.select(*columns)
        .select_from(Subscription)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Subscription.publication_id == publication_id,
            Subscription.state == SubscriptionState.CONFIRMED,
            ~silenced,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReaders:
    """Readers of a cadence who are due: confirmed, unpaused, unsuppressed and behind `upto`.

    Attributes:
        whose: a further condition: the readers of a digest (`own_hours.due_for`).
    """

    publication_id: int
    cadence: Cadence
    upto: int
    now: datetime
    whose: sa.ColumnElement[bool] | None = None

    def select(self, *columns: Any) -> sa.Select[Any]:
        """Select `columns` of their subscriptions."""
        return select_readers(*columns, publication_id=self.publication_id).where(
            Subscription.cadence == self.cadence,
            Subscription.cursor < self.upto,
            sa.or_(Subscription.paused_until.is_(None), Subscription.paused_until <= self.now),
            sa.true() if self.whose is None else self.whose,
        )

    def count(self) -> int:
        """Return how many there are."""
        return int(db.session.scalars(self.select(sa.func.count())).one())

    def is_anybody(self) -> bool:
        """Whether there is one: the first one found answers."""
        return db.session.scalar(self.select(Subscription.id).limit(1)) is not None

    def lowest_cursor(self) -> int | None:
        """Return the cursor of the one furthest behind; None if nobody is due."""
        lowest: int | None = db.session.scalars(self.select(sa.func.min(Subscription.cursor))).one()
        return lowest
