"""Reasons for leaving: counted once, without a person."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.leave_reason_models import LeaveReason, LeaveReasonCount
from newsletter.subscriptions.leave_reasons import SHOWN_DAYS, give_reason, reasons_given
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.subscriptions.leaving import leave, undo

MANY = LeaveReason.TOO_MANY


def give(row: Subscription, *, round: int = 2) -> bool:
    with unit_of_work() as session:
        subscription = session.get_one(Subscription, row.id)
        return give_reason(subscription=subscription, round=round, reason=MANY, now=NOW)


def test_a_reason_is_counted_once_for_each_leaving(make: Make) -> None:
    row = make.subscription()
    leave(row)
    assert [give(row), give(row)] == [True, False]
    undo(row, round=2)
    assert not give(row)
    leave(row)
    assert give(row, round=3)
    given = reasons_given(publication_id=row.publication_id, now=NOW)
    assert given[MANY] == 2
    assert sum(given.values()) == 2


def test_readers_are_counted_together_and_old_counts_are_not_shown(make: Make) -> None:
    home = make.publication()
    for _ in range(3):
        row = make.subscription(publication=home)
        leave(row)
        give(row)
    assert db.session.scalars(sa.select(LeaveReasonCount.readers)).all() == [3]
    later = NOW + timedelta(days=SHOWN_DAYS + 1)
    assert reasons_given(publication_id=home.id, now=later)[MANY] == 0


def test_who_has_not_left_gives_no_reason(make: Make) -> None:
    assert not give(make.subscription(), round=1)
