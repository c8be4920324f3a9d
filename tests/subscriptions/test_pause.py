"""Pausing until a day, and resuming."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import ConsentEvent, Source, Subscription
from newsletter.subscriptions.pause import UnusablePause, pause, resume
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

REQUEST = RequestEvidence(Source.MAIL_LINK)


@pytest.fixture
def reader(make: Make) -> Subscription:
    return make.subscription(publication=make.publication(time_zone="Europe/Kyiv"))


def stop(reader: Subscription, until: date) -> None:
    with unit_of_work():
        pause(subscription=reader, until=until, request=REQUEST, now=NOW)


def test_a_pause_ends_when_the_day_begins_for_the_reader(reader: Subscription) -> None:
    stop(reader, date(2026, 3, 14))
    assert reload(reader).paused_until == datetime(2026, 3, 13, 22, tzinfo=UTC), "00:00 in Kyiv"


def test_the_day_is_one_of_her_own_zone(reader: Subscription) -> None:
    hours = Hours(time(8), "Asia/Tokyo")
    with unit_of_work():
        choose_hours(subscription=reader, hours=hours, request=REQUEST, now=NOW)
    stop(reader, date(2026, 3, 14))
    assert reload(reader).paused_until == datetime(2026, 3, 13, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (date(2026, 3, 2), "still to come"),
        (date(2020, 1, 1), "still to come"),
        (date(2027, 3, 10), "within a year"),
        (date(9999, 12, 31), "within a year"),
    ],
)
def test_a_day_that_is_past_or_far_away_is_refused(
    reader: Subscription, until: date, words: str
) -> None:
    with pytest.raises(UnusablePause, match=words):
        stop(reader, until)
    assert reload(reader).paused_until is None


def test_resuming_ends_a_pause_once_and_is_kept_with_the_consent(reader: Subscription) -> None:
    stop(reader, date(2026, 3, 14))
    for expected in (True, False):
        with unit_of_work():
            assert resume(subscription=reader, request=REQUEST, now=NOW) is expected
    assert reload(reader).paused_until is None
    details = db.session.scalars(sa.select(ConsentEvent.detail).order_by(ConsentEvent.id))
    assert list(details) == ["paused until 2026-03-14", "resumed"]


def test_a_pause_that_is_over_needs_no_resuming(reader: Subscription) -> None:
    stop(reader, date(2026, 3, 14))
    with unit_of_work():
        assert not resume(subscription=reader, request=REQUEST, now=NOW + timedelta(days=30))
