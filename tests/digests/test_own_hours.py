"""Digests at readers' own hours: one for each moment, none twice, none that lists would repeat."""

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.digests.archive import sent_digests
from newsletter.digests.listing import count_left_out, list_digests
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publish import NO_READERS, freeze
from newsletter.digests.upcoming import upcoming
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.preferences import change_preferences
from newsletter.unit_of_work import unit_of_work
from tests.digests.hours import DAY, EVENING, REQUEST, choose, start
from tests.digests.hours import home as home
from tests.factories import NOW, Make, reload


def slots(digests: list[Digest]) -> list[tuple[datetime, bool]]:
    return [(one.slot, one.at_own_hours) for one in digests]


def test_an_hour_of_a_readers_own_has_a_digest_of_its_own(make: Make, home: Publication) -> None:
    choose(make.subscription(publication=home), EVENING)
    evening = NOW.replace(hour=18)
    assert slots(start(home, evening)) == [(evening, True)]
    assert start(home, evening + timedelta(seconds=15)) == []
    assert slots(start(home, NOW + DAY)) == [((NOW + DAY).replace(hour=8), False)]


def test_hours_of_two_zones_that_fall_on_one_moment_share_its_digest(
    make: Make, home: Publication
) -> None:
    for hours in (EVENING, Hours(time(20), "Europe/Kyiv"), Hours(time(13), "America/New_York")):
        choose(make.subscription(publication=home), hours)
    (digest,) = start(home, NOW.replace(hour=18))
    assert len(digest.hours) == 3


def test_an_hour_like_the_publications_shares_the_publications_digest(
    make: Make, home: Publication
) -> None:
    choose(make.subscription(publication=home), Hours(time(10), "Europe/Kyiv"))
    (digest,) = start(home, NOW + DAY)
    assert not digest.at_own_hours
    assert len(digest.hours) == 1


def test_after_days_of_outage_each_hour_is_made_up_for_once(make: Make, home: Publication) -> None:
    choose(make.subscription(publication=home), EVENING)
    back = NOW + timedelta(days=5)
    assert slots(start(home, back)) == [
        (back.replace(hour=8), False),
        ((back - DAY).replace(hour=18), True),
    ]


def test_an_hour_chosen_today_has_no_digest_today(make: Make, home: Publication) -> None:
    choose(make.subscription(publication=home), EVENING, NOW)
    assert start(home, NOW.replace(hour=19)) == []
    choose(make.subscription(publication=home), Hours(time(6), "UTC"), NOW.replace(hour=20))
    assert start(home, NOW.replace(hour=21)) == []


def test_an_hour_that_its_last_reader_leaves_today_still_has_its_digest_today(
    make: Make, home: Publication
) -> None:
    reader = make.subscription(publication=home)
    choose(reader, EVENING)
    choose(reader, Hours(time(7), "UTC"), NOW)
    assert slots(start(home, NOW.replace(hour=18))) == [(NOW.replace(hour=18), True)]
    assert (NOW + DAY).replace(hour=7) in [one.slot for one in start(home, NOW + DAY)]
    assert start(home, (NOW + DAY).replace(hour=18)) == []


def test_an_hour_chosen_and_given_up_again_has_no_digest_of_a_slot_before_it_counted(
    make: Make, home: Publication
) -> None:
    reader = make.subscription(publication=home)
    choose(reader, Hours(time(23, 30), "UTC"), NOW)  # counts from midnight
    assert start(home, NOW.replace(hour=23, minute=45)) == []
    choose(reader, None, (NOW + DAY).replace(hour=2))
    assert start(home, (NOW + DAY).replace(hour=3)) == []


def test_a_cadence_changed_after_the_hour_brings_no_digest_before_the_next(
    make: Make, home: Publication
) -> None:
    reader = make.subscription(publication=home, cadence=Cadence.DAILY)
    choose(reader, Hours(time(18), "UTC"))
    start(home, NOW.replace(hour=18))  # a Monday, the day of weekly digests
    with unit_of_work():
        change_preferences(
            subscription=reader,
            cadence=Cadence.WEEKLY,
            topics=(),
            request=REQUEST,
            now=NOW.replace(hour=19),
        )
    assert start(home, NOW.replace(hour=20), Cadence.WEEKLY) == []


@pytest.mark.parametrize("month", [3, 10])
def test_half_past_two_in_kyiv_comes_once_on_the_days_the_clocks_change(
    make: Make, month: int
) -> None:
    day = {3: 29, 10: 25}[month]
    begin = datetime(2026, month, day, tzinfo=UTC) - timedelta(hours=12)
    home = make.publication(created_at=begin - 40 * DAY)
    hours = Hours(time(3, 30), "Europe/Kyiv")  # skipped in March, twice in October
    choose(make.subscription(publication=home), hours, begin - 20 * DAY)
    start(home, begin)
    found = []
    for minutes in range(0, 24 * 60, 5):
        found += start(home, begin + timedelta(minutes=minutes))
    assert len([one for one in found if one.at_own_hours]) == 1


def test_the_publications_digest_still_goes_when_its_hour_is_set_back_to_that_of_readers(
    make: Make,
) -> None:
    home = make.publication(created_at=NOW - timedelta(days=40), send_at=time(18))
    choose(make.subscription(publication=home), Hours(time(8), "UTC"))
    start(home, NOW - timedelta(hours=12))
    assert slots(start(home, NOW)) == [(NOW.replace(hour=8), True)]
    with unit_of_work() as session:
        session.get_one(Publication, home.id).send_at = time(8)
    noon = NOW.replace(hour=12)
    assert slots(start(home, noon)) == [(noon, False)]
    assert start(home, noon + timedelta(minutes=1)) == []
    assert slots(start(home, NOW + DAY)) == [((NOW + DAY).replace(hour=8), False)]


def test_its_page_shows_what_came_since_these_readers_had_their_last(
    make: Make, home: Publication
) -> None:
    choose(make.subscription(publication=home), EVENING)
    publish(make, home, NOW.replace(hour=18))
    after_first = reload(home).last_position
    publish(make, home, NOW + DAY)
    (second,) = publish(make, home, (NOW + DAY).replace(hour=18))
    assert (second.position_from, second.position_upto) == (after_first, after_first + 2)


def test_the_publications_digest_shows_what_its_own_readers_had_not(
    make: Make, home: Publication
) -> None:
    before = reload(home).last_position
    choose(make.subscription(publication=home), EVENING)
    publish(make, home, NOW.replace(hour=18))
    (main,) = publish(make, home, NOW + DAY)
    assert main.position_from == before


def test_lists_leave_out_digests_at_own_hours_until_asked(make: Make, home: Publication) -> None:
    choose(make.subscription(publication=home), EVENING)
    (evening,) = publish(make, home, NOW.replace(hour=18))
    (main,) = publish(make, home, NOW + DAY)
    assert [one.id for one in sent_digests(home, limit=9)] == [main.id]
    assert [one.id for one in list_digests(publication_id=home.id).digests] == [main.id]
    everything = list_digests(publication_id=home.id, with_own_hours=True).digests
    assert [one.id for one in everything] == [main.id, evening.id]
    assert count_left_out(home.id).at_own_hours == 1


def test_without_a_reader_who_is_due_it_is_cancelled_and_feeds_no_archive(
    make: Make, home: Publication
) -> None:
    reader = make.subscription(publication=home, cadence=Cadence.DAILY)
    choose(reader, EVENING)
    article = make.article(publication=home)
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).cursor = article.position or 0
    (digest,) = start(home, NOW.replace(hour=18))
    with unit_of_work():
        freeze(digest_id=digest.id, now=NOW.replace(hour=18))
    assert (reload(digest).state, reload(digest).reason) == (DigestState.CANCELLED, NO_READERS)


def test_the_next_digest_tells_readers_at_its_hour_from_those_at_their_own(
    make: Make, home: Publication
) -> None:
    make.article(publication=home)
    for _ in range(2):
        make.subscription(publication=home, cadence=Cadence.DAILY)
    choose(make.subscription(publication=home, cadence=Cadence.DAILY), EVENING)
    coming = upcoming(publication=reload(home), cadence=Cadence.DAILY, now=NOW)
    assert (coming.readers, coming.own_hours, coming.everybody) == (2, 1, 3)


def publish(make: Make, home: Publication, now: datetime) -> list[Digest]:
    """Let an article appear, start what is due and freeze it; return the daily digests."""
    make.article(publication=home)
    digests = start(home, now)
    for digest_id in db.session.scalars(sa.select(Digest.id)).all():
        with unit_of_work():
            freeze(digest_id=digest_id, now=now)
    return [reload(one) for one in digests]
