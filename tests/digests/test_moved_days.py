"""Staff move the weekly day: readers with hours of their own miss no week and get none twice."""

from datetime import datetime, time, timedelta

import pytest

from newsletter.digests.models import Digest
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.unit_of_work import unit_of_work
from tests.digests.hours import DAY, EVENING, choose, start
from tests.factories import NOW, Make

MORNING = Hours(time(6), "UTC")
#: The digest of the week went out on this day; `NOW` is a Monday.
FRIDAY = NOW + 4 * DAY


@pytest.fixture
def home(make: Make) -> Publication:
    """It sends on Fridays, at 08:00 UTC; a reader wants hers at 18:00, and had it last Friday."""
    home = make.publication(created_at=NOW - timedelta(days=40), weekly_day=4)
    start(home, NOW)
    choose(make.subscription(publication=home, cadence=Cadence.WEEKLY), EVENING)
    weekly(home, FRIDAY.replace(hour=8), FRIDAY.replace(hour=18))
    return home


def weekly(home: Publication, *moments: datetime) -> list[tuple[datetime, bool]]:
    """Let the scheduler look at some moments; return what weekly digests it started."""
    found: list[Digest] = []
    for moment in moments:
        found += start(home, moment, Cadence.WEEKLY)
    return [(one.slot, one.at_own_hours) for one in found]


def move(home: Publication, day: int) -> None:
    with unit_of_work() as session:
        session.get_one(Publication, home.id).weekly_day = day


def test_a_day_just_gone_is_made_up_for_at_once_as_at_the_publications_hour(
    home: Publication,
) -> None:
    thursday = FRIDAY + 6 * DAY
    start(home, thursday)  # a daily digest, so that the clock has answered up to now
    move(home, 2)
    wednesday = thursday - DAY
    assert weekly(home, thursday + timedelta(minutes=1)) == [
        (wednesday.replace(hour=8), False),
        (wednesday.replace(hour=18), True),
    ]
    assert weekly(home, thursday + timedelta(minutes=2), thursday + 5 * DAY) == []
    assert (wednesday + 7 * DAY).replace(hour=18) in [
        slot for slot, _ in weekly(home, (wednesday + 7 * DAY).replace(hour=18))
    ]


def test_a_day_that_moves_back_while_todays_is_half_done_reaches_those_who_wait(
    home: Publication, make: Make
) -> None:
    choose(make.subscription(publication=home, cadence=Cadence.WEEKLY), MORNING)
    friday = FRIDAY + 7 * DAY
    assert weekly(home, friday.replace(hour=6), friday.replace(hour=8)) == [
        (friday.replace(hour=6), True),
        (friday.replace(hour=8), False),
    ]
    move(home, 0)
    monday = friday - 4 * DAY
    assert weekly(home, friday.replace(hour=12), friday.replace(hour=18)) == [
        (monday.replace(hour=18), True)
    ]


def test_a_day_that_moves_ahead_opens_nothing_that_is_past(home: Publication) -> None:
    saturday = FRIDAY + DAY
    move(home, 3)  # the Thursday before the Friday that they had
    assert weekly(home, saturday, saturday + DAY) == []
    move(home, 6)
    assert weekly(home, saturday.replace(hour=20)) == []
    sunday = saturday + DAY
    assert weekly(home, sunday.replace(hour=18)) == [
        (sunday.replace(hour=8), False),
        (sunday.replace(hour=18), True),
    ]
