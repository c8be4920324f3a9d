"""Readers by state, day by day."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.growth import StateCounts, counts, growth, record_counts
from newsletter.subscriptions.models import SubscriberCount, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make

MOMENTS = ("created_at", "signed_up_at", "confirmed_at", "unsubscribed_at")


def day(number: int) -> datetime:
    return NOW - timedelta(days=10 - number)


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(created_at=day(0))


def subscribe(make: Make, paper: Publication, state: SubscriptionState, *days: int | None) -> None:
    """Store a subscription whose moments (as in MOMENTS) lie on numbered days."""
    moments: dict[str, Any] = {
        name: None if number is None else day(number)
        for name, number in zip(MOMENTS, days, strict=True)
    }
    make.subscription(publication=paper, state=state, **moments)


def curve(paper: Publication, **options: Any) -> list[tuple[int, int, int]]:
    found = growth(paper.id, now=NOW, **options)
    return [(one.pending, one.confirmed, one.unsubscribed) for one in found]


def test_each_state_is_counted(make: Make, paper: Publication) -> None:
    subscribe(make, paper, SubscriptionState.CONFIRMED, 1, 1, 1, None)
    subscribe(make, paper, SubscriptionState.CONFIRMED, 1, 1, 1, None)
    subscribe(make, paper, SubscriptionState.PENDING, 1, 1, None, None)
    make.subscription()  # of another publication
    assert counts(paper.id) == StateCounts(pending=1, confirmed=2, unsubscribed=0)


def test_an_empty_publication_has_days_of_nought(paper: Publication) -> None:
    assert curve(paper) == [(0, 0, 0)] * 11


def test_a_reader_is_pending_then_confirmed_then_gone(make: Make, paper: Publication) -> None:
    subscribe(make, paper, SubscriptionState.UNSUBSCRIBED, 2, 2, 4, 7)
    waiting, reading, gone = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    expected = [(0, 0, 0)] * 2 + [waiting] * 2 + [reading] * 3 + [gone] * 4
    assert curve(paper) == expected


def test_a_reader_who_came_back_is_pending_again(make: Make, paper: Publication) -> None:
    subscribe(make, paper, SubscriptionState.PENDING, 1, 9, 2, 5)
    assert curve(paper)[8:] == [(0, 0, 1), (1, 0, 0), (1, 0, 0)]


def test_one_who_left_without_confirming_leaves_nobody_behind(
    make: Make, paper: Publication
) -> None:
    subscribe(make, paper, SubscriptionState.UNSUBSCRIBED, 3, 3, None, 6)
    assert curve(paper)[5:7] == [(1, 0, 0), (0, 0, 1)]


def test_an_imported_reader_counts_from_the_consent_she_gave_elsewhere(
    make: Make, paper: Publication
) -> None:
    subscribe(make, paper, SubscriptionState.CONFIRMED, 8, 8, 3, None)
    assert curve(paper)[2:4] == [(0, 0, 0), (0, 1, 0)]


def test_the_days_asked_for_end_with_today(make: Make, paper: Publication) -> None:
    subscribe(make, paper, SubscriptionState.CONFIRMED, 1, 1, 2, None)
    found = growth(paper.id, days=3, now=NOW)
    assert [one.day for one in found] == [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
    assert [one.confirmed for one in found] == [1, 1, 1]


def test_a_kept_count_outlives_what_it_was_counted_from(make: Make, paper: Publication) -> None:
    subscribe(make, paper, SubscriptionState.CONFIRMED, 1, 1, 2, None)
    before = curve(paper)
    with unit_of_work():
        assert record_counts(now=NOW) == 10
    with unit_of_work() as session:
        session.execute(sa.text("DELETE FROM subscriptions"))
    assert curve(paper)[:-1] == before[:-1]
    assert curve(paper)[-1] == (0, 0, 0)


def test_counts_are_kept_once_a_day(make: Make, paper: Publication) -> None:
    for _ in range(2):
        with unit_of_work():
            record_counts(now=NOW)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SubscriberCount)) == 10
