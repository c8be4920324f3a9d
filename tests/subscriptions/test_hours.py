"""Hours of a reader's own: from when they count, and when her next digest is due."""

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours, next_digest_at
from newsletter.subscriptions.models import (
    ConsentEvent,
    ReaderHours,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.preferences import change_preferences
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

REQUEST = RequestEvidence(Source.MAIL_LINK)
EVENING = Hours(time(18), "UTC")
TOKYO = Hours(time(8), "Asia/Tokyo")
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)  # after NOW, a Monday at 09:00 UTC


def choose(reader: Subscription, hours: Hours | None, now: datetime = NOW) -> bool:
    with unit_of_work():
        return choose_hours(subscription=reader, hours=hours, request=REQUEST, now=now)


def due(reader: Subscription, now: datetime) -> datetime | None:
    return next_digest_at(subscription=reload(reader), now=now)


@pytest.fixture
def reader(make: Make) -> Subscription:
    """She gets a daily digest at 08:00 UTC, as her publication sends it."""
    return make.subscription(cadence=Cadence.DAILY)


def test_hours_count_from_the_coming_midnight(reader: Subscription) -> None:
    assert choose(reader, EVENING)
    assert reload(reader).hours_from == MIDNIGHT
    assert due(reader, NOW) == datetime(2026, 3, 3, 18, tzinfo=UTC)


def test_the_digest_of_today_keeps_its_hour(reader: Subscription) -> None:
    early = NOW.replace(hour=7)
    choose(reader, EVENING, early)
    assert due(reader, early) == NOW.replace(hour=8)
    assert due(reader, NOW) == datetime(2026, 3, 3, 18, tzinfo=UTC)


def test_a_choice_that_does_not_count_yet_is_forgotten_for_another(reader: Subscription) -> None:
    choose(reader, EVENING, NOW.replace(hour=6))
    choose(reader, Hours(time(12), "UTC"), NOW.replace(hour=7))
    assert due(reader, NOW.replace(hour=7)) == NOW.replace(hour=8), "still the publication's"
    assert due(reader, NOW) == datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_the_same_hours_again_change_nothing(reader: Subscription) -> None:
    assert not choose(reader, None)
    choose(reader, EVENING)
    assert not choose(reader, EVENING, NOW + timedelta(days=2))
    assert reload(reader).hours_from == MIDNIGHT
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConsentEvent)) == 1


def test_readers_of_the_same_hours_share_a_row(make: Make) -> None:
    for _ in range(2):
        choose(make.subscription(), TOKYO)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ReaderHours)) == 1


def test_a_reader_goes_back_to_the_hours_of_her_publication(reader: Subscription) -> None:
    choose(reader, EVENING)
    later = NOW + timedelta(days=2)
    choose(reader, None, later)
    assert due(reader, later) == later.replace(hour=18), "today as before"
    assert due(reader, later.replace(hour=19)) == (later + timedelta(days=1)).replace(hour=8)


def test_a_weekly_digest_is_not_lost_between_zones_far_apart(make: Make) -> None:
    """In Tokyo Monday's hour has gone, in Los Angeles it has not come: it comes there first."""
    reader = make.subscription(cadence=Cadence.WEEKLY)
    choose(reader, Hours(time(8), "America/Los_Angeles"), NOW - timedelta(days=20))
    monday_in_tokyo = datetime(2026, 3, 2, 4, tzinfo=UTC)
    choose(reader, TOKYO, monday_in_tokyo)
    assert due(reader, monday_in_tokyo) == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert due(reader, NOW + timedelta(days=1)) == datetime(2026, 3, 8, 23, tzinfo=UTC)


def test_who_changes_zones_on_two_days_running_loses_no_day_between(make: Make) -> None:
    """On Friday in St John's her digest is still to come when she turns to another clock."""
    reader = make.subscription(cadence=Cadence.DAILY)
    choose(reader, Hours(time(18), "Pacific/Auckland"), datetime(2026, 4, 1, tzinfo=UTC))
    choose(reader, Hours(time(23, 30), "America/St_Johns"), datetime(2026, 4, 9, 21, tzinfo=UTC))
    friday = datetime(2026, 4, 10, 18, tzinfo=UTC)
    choose(reader, EVENING, friday)
    assert due(reader, friday) == datetime(2026, 4, 11, 2, tzinfo=UTC), "Friday in St John's"
    assert due(reader, friday + timedelta(days=1)) == datetime(2026, 4, 12, 18, tzinfo=UTC)


def test_a_cadence_changed_before_the_hours_count_moves_the_day_they_count_from(
    make: Make,
) -> None:
    reader = make.subscription(cadence=Cadence.DAILY)
    choose(reader, Hours(time(8), "America/Los_Angeles"), NOW - timedelta(days=20))
    monday_in_tokyo = datetime(2026, 3, 2, 4, tzinfo=UTC)
    choose(reader, TOKYO, monday_in_tokyo)
    assert reload(reader).hours_from == datetime(2026, 3, 2, 15, tzinfo=UTC)
    with unit_of_work():
        change_preferences(
            subscription=reader,
            cadence=Cadence.WEEKLY,
            topics=(),
            request=REQUEST,
            now=monday_in_tokyo,
        )
    assert due(reader, monday_in_tokyo) == datetime(2026, 3, 2, 16, tzinfo=UTC)


def test_a_reader_of_single_articles_waits_for_no_hour(make: Make) -> None:
    reader = make.subscription(cadence=Cadence.INSTANT)
    choose(reader, EVENING)
    assert due(reader, NOW) is None


def test_a_pause_is_waited_out(reader: Subscription) -> None:
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        row.paused_until = NOW + timedelta(days=3, hours=-9)
    assert due(reader, NOW) == (NOW + timedelta(days=3)).replace(hour=8)


def test_who_comes_back_begins_with_the_hours_of_the_publication_and_no_pause(make: Make) -> None:
    reader = make.subscription(cadence=Cadence.DAILY)
    choose(reader, EVENING)
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        row.state, row.paused_until = SubscriptionState.PENDING, NOW + timedelta(days=90)
        row.round = 2
    with unit_of_work():
        confirm(subscription=row, round=row.round, request=REQUEST, now=NOW)
    assert due(reader, NOW) == (NOW + timedelta(days=1)).replace(hour=8)
