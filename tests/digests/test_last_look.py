"""Before a digest closes its feeds are looked at once more, whole."""

from datetime import timedelta

import pytest

from newsletter.articles.models import Feed
from newsletter.digests.last_look import LEAD, look_before_digests
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
#: `NOW` is a Monday at nine; the publication sends at eight.
SLOT = NOW.replace(hour=8) + DAY


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication()


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
