"""Who is due for a digest, as one SQL condition that every count and fan-out shares."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.suppressions.models import Suppression

#: Any reader, whatever her hours.
ANY = sa.true()


def due_subscriptions(
    *columns: Any,
    publication_id: int,
    cadence: Cadence,
    upto: int,
    now: datetime,
    whose: sa.ColumnElement[bool] = ANY,
) -> sa.Select[Any]:
    """Select `columns` of confirmed, unpaused, unsuppressed subscriptions behind `upto`.

    Args:
        whose: a further condition: the readers of a digest (`own_hours.readers_of`).
    """
    silenced = sa.exists().where(Suppression.address_hash == Subscriber.address_hash)
    return (
        sa.select(*columns)
        .select_from(Subscription)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Subscription.publication_id == publication_id,
            Subscription.state == SubscriptionState.CONFIRMED,
            Subscription.cadence == cadence,
            Subscription.cursor < upto,
            sa.or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now),
            ~silenced,
            whose,
        )
    )


def count_due(
    *,
    publication_id: int,
    cadence: Cadence,
    upto: int,
    now: datetime,
    whose: sa.ColumnElement[bool] = ANY,
) -> int:
    """Return how many readers of the cadence have something to be considered for."""
    statement = due_subscriptions(
        sa.func.count(),
        publication_id=publication_id,
        cadence=cadence,
        upto=upto,
        now=now,
        whose=whose,
    )
    return int(db.session.scalars(statement).one())


def is_anybody_due(
    *,
    publication_id: int,
    cadence: Cadence,
    upto: int,
    now: datetime,
    whose: sa.ColumnElement[bool] = ANY,
) -> bool:
    """Whether any reader has something to be considered for: the first one found answers."""
    statement = due_subscriptions(
        Subscription.id,
        publication_id=publication_id,
        cadence=cadence,
        upto=upto,
        now=now,
        whose=whose,
    )
    return db.session.scalar(statement.limit(1)) is not None


def lowest_cursor(
    *,
    publication_id: int,
    cadence: Cadence,
    upto: int,
    now: datetime,
    whose: sa.ColumnElement[bool] = ANY,
) -> int | None:
    """Return the cursor of the reader furthest behind; None if nobody is due."""
    statement = due_subscriptions(
        sa.func.min(Subscription.cursor),
        publication_id=publication_id,
        cadence=cadence,
        upto=upto,
        now=now,
        whose=whose,
    )
    lowest: int | None = db.session.scalars(statement).one()
    return lowest
