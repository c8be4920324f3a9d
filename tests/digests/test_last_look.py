"""Before a digest closes its feeds are looked at once more, whole."""

from datetime import time, timedelta

from newsletter.articles.models import Feed
from newsletter.digests.last_look import LEAD, look_before_digests
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import ReaderHours
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
#: `NOW` is a Monday at nine; the publication sends at eight.
SLOT = NOW.replace(hour=8) + DAY


def look(at: timedelta) -> int:
    with unit_of_work():
        return look_before_digests(now=SLOT + at)


def due_at(feed: Feed) -> timedelta:
    return reload(feed).next_poll_at - SLOT


def test_a_feed_is_polled_whole_once_before_each_slot(make: Make, paper: Publication) -> None:
    feed = make.feed(publication=paper, etag='"one"', next_poll_at=SLOT + DAY / 8)
    assert look(-LEAD - MINUTE) == 0
    assert look(-LEAD) == 1
    assert (due_at(feed), reload(feed).etag) == (-LEAD, "")
    assert [look(-4 * MINUTE), look(-MINUTE), look(MINUTE)] == [0, 0, 0]
    assert look(DAY - LEAD) == 1


def test_a_feed_in_trouble_gets_another_chance_but_no_server_is_pressed(
    make: Make, paper: Publication
) -> None:
    failing = make.feed(publication=paper, failures_in_a_row=3, next_poll_at=SLOT + DAY)
    asked = make.feed(publication=paper, wait_until=SLOT, next_poll_at=SLOT)
    disabled = make.feed(publication=paper, disabled=True, next_poll_at=SLOT + DAY)
    assert look(-LEAD) == 1
    assert due_at(failing) == -LEAD
    assert due_at(asked) == timedelta()
    assert due_at(disabled) == DAY


def test_a_publication_whose_hour_is_another_is_left_alone(make: Make) -> None:
    make.feed(publication=make.publication(time_zone="Europe/Berlin"))
    assert look(-LEAD) == 0


def choose(paper: Publication, make: Make, hour: int, zone: str = "UTC") -> None:
    """Let a reader have her digests at an hour of her own, as from long ago."""
    with unit_of_work() as session:
        hours = ReaderHours(send_at=time(hour), time_zone=zone)
        session.add(hours)
        session.flush()
        number = hours.id
    make.subscription(publication=paper, hours_id=number, hours_from=NOW - 30 * DAY)


def test_a_feed_is_read_before_the_hours_of_readers_too_once_for_each_moment(
    make: Make, paper: Publication
) -> None:
    feed = make.feed(publication=paper, next_poll_at=SLOT + DAY)
    choose(paper, make, 11)
    choose(paper, make, 13, "Europe/Helsinki")  # the same moment in winter
    at_eleven = timedelta(hours=3)
    assert look(at_eleven - LEAD - MINUTE) == 0
    assert [look(at_eleven - LEAD), look(at_eleven - MINUTE)] == [1, 0]
    assert due_at(feed) == at_eleven - LEAD
    assert look(DAY - LEAD) == 1


def test_a_feed_that_was_read_just_now_is_not_pressed_for_a_few_readers(
    make: Make, paper: Publication
) -> None:
    choose(paper, make, 11)
    before = SLOT + timedelta(hours=3) - LEAD
    fresh = make.feed(publication=paper, last_success_at=before - 6 * MINUTE, next_poll_at=before)
    stale = make.feed(publication=paper, last_success_at=before - 16 * MINUTE, next_poll_at=before)
    failing = make.feed(publication=paper, last_success_at=before, last_error="Away.")
    assert look(timedelta(hours=3) - LEAD) == 2
    assert reload(fresh).read_whole_for is None
    assert reload(stale).read_whole_for == reload(failing).read_whole_for == before + LEAD


def test_hours_that_nobody_has_any_more_bring_no_look(make: Make, paper: Publication) -> None:
    make.feed(publication=paper)
    with unit_of_work() as session:
        session.add(ReaderHours(send_at=time(11), time_zone="UTC"))
    assert look(timedelta(hours=3) - LEAD) == 0
