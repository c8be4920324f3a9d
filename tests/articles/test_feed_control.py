"""Running feeds by hand."""

from datetime import timedelta

import pytest

from newsletter.articles.feed_control import (
    FeedIsDisabled,
    ask_for_poll,
    disable_feed,
    enable_feed,
    feeds_of,
)
from newsletter.articles.poll import claim_feed
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


def test_a_feed_that_is_asked_for_is_due_at_once(make: Make) -> None:
    feed = make.feed(next_poll_at=NOW + timedelta(hours=6))
    with unit_of_work():
        ask_for_poll(feed=feed, now=NOW)
    with unit_of_work():
        assert claim_feed(feed_id=feed.id, now=NOW) is not None


def test_a_disabled_feed_is_not_polled_on_request(make: Make) -> None:
    feed = make.feed(disabled=True, next_poll_at=NOW + timedelta(hours=6))
    with pytest.raises(FeedIsDisabled), unit_of_work():
        ask_for_poll(feed=feed, now=NOW)
    assert reload(feed).next_poll_at == NOW + timedelta(hours=6)


def test_disabling_stops_the_polls(make: Make) -> None:
    feed = make.feed(next_poll_at=NOW)
    with unit_of_work():
        disable_feed(feed=feed)
    with unit_of_work():
        assert claim_feed(feed_id=feed.id, now=NOW) is None


def test_enabling_begins_anew(make: Make) -> None:
    feed = make.feed(
        disabled=True,
        failures_in_a_row=7,
        last_error="The feed is gone.",
        next_poll_at=NOW + timedelta(hours=6),
    )
    with unit_of_work():
        enable_feed(feed=feed, now=NOW)
    fresh = reload(feed)
    assert (fresh.disabled, fresh.failures_in_a_row, fresh.last_error) == (False, 0, "")
    assert fresh.next_poll_at == NOW


def test_feeds_are_listed_by_publication(make: Make) -> None:
    paper = make.publication()
    mine = [make.feed(publication=paper).id for _ in range(2)]
    make.feed()
    assert [feed.id for feed in feeds_of(paper.id)] == mine
