"""The task that tidies up once a day."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions.models import SubscriberCount
from tests.factories import Make
from workers import upkeep


def test_tidying_keeps_the_counts_of_past_days(make: Make) -> None:
    earlier = utc_now() - timedelta(days=3)
    paper = make.publication(created_at=earlier)
    make.subscription(publication=paper, created_at=earlier)
    upkeep.tidy()
    assert len(db.session.scalars(sa.select(SubscriberCount)).all()) == 3
