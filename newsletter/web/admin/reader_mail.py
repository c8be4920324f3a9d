"""What was mailed to one reader."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.subscriptions.models import Letter

#: Rows shown on the reader's page.
SHOWN = 30


def latest_letters(subscription_id: int) -> Sequence[Letter]:
    """Return the last letters of a subscription, newest first."""
    statement = sa.select(Letter).where(Letter.subscription_id == subscription_id)
    return db.session.scalars(statement.order_by(Letter.id.desc()).limit(SHOWN)).all()


def latest_deliveries(subscription_id: int) -> Sequence[Delivery]:
    """Return the last deliveries of a subscription with their digests, newest first."""
    statement = (
        sa.select(Delivery)
        .where(Delivery.subscription_id == subscription_id)
        .options(joinedload(Delivery.digest))
    )
    return db.session.scalars(statement.order_by(Delivery.id.desc()).limit(SHOWN)).all()
