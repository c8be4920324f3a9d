"""How often a feed is polled: by its own rhythm, and as its server asks."""

from datetime import timedelta

import pytest

from newsletter.articles.feed_control import ask_for_whole_poll
from newsletter.articles.models import Feed
from newsletter.articles.parse import parse
from newsletter.articles.rhythm import LONGEST, MOST_HEEDED, SHORTEST, USUAL, max_age, poll_interval
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect, poll
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, Make, reload

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def feed_that_publishes(
    make: Make, paper: Publication, *, every: timedelta, silent: timedelta | None = None
) -> Feed:
    """Return a feed whose last ten articles came at a steady pace, the last some time ago."""
    feed = make.feed(publication=paper)
    last = NOW - (every if silent is None else silent)
    for number in range(10):
        make.article(publication=paper, feed_id=feed.id, published_at=last - number * every)
    return feed


@pytest.mark.parametrize(
    ("every", "interval"),
    [
        (10 * MINUTE, SHORTEST),
        (2 * HOUR, SHORTEST),
        (8 * HOUR, 10 * MINUTE),
        (DAY, 30 * MINUTE),
        (2 * DAY, HOUR),
        (7 * DAY, LONGEST),
        (90 * DAY, LONGEST),
    ],
)
def test_a_site_is_asked_as_often_as_it_publishes(
    make: Make, paper: Publication, every: timedelta, interval: timedelta
) -> None:
    feed = feed_that_publishes(make, paper, every=every)
    assert poll_interval(feed, cache_control="", now=NOW) == interval


def test_a_site_that_falls_silent_is_asked_less_and_less(make: Make, paper: Publication) -> None:
    feed = feed_that_publishes(make, paper, every=HOUR)
    waits = [poll_interval(feed, cache_control="", now=NOW + n * 10 * DAY) for n in range(4)]
    assert waits == sorted(waits)
    assert waits[0] == SHORTEST
    assert waits[-1] > HOUR


def test_a_new_feed_is_asked_every_quarter_of_an_hour(make: Make, paper: Publication) -> None:
    assert poll_interval(make.feed(publication=paper), cache_control="", now=NOW) == USUAL


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("max-age=600", 600),
        ("public, max-age=1800, stale-while-revalidate=60", 1800),
        ('Max-Age="300"', 300),
        ("s-maxage=900", 0),
        ("no-cache, max-age=600", 0),
        ("private, no-store", 0),
        ("max-age=soon", 0),
        ("", 0),
    ],
)
def test_a_server_says_how_long_its_answer_holds(header: str, age: int) -> None:
    assert max_age(header) == timedelta(seconds=age)


def test_what_a_server_asks_for_is_heeded_within_reason(
    server: LocalServer, make: Make, paper: Publication
) -> None:
    headers = {"Cache-Control": "max-age=2400", "ETag": '"one"'}
    feed = connect(paper, server.says("/feed", rss(item(1)), headers=headers))
    poll(feed)
    assert 36 * MINUTE <= reload(feed).next_poll_at - NOW <= 44 * MINUTE
    server.says("/feed", status=304, headers={"Cache-Control": "max-age=999999"})
    poll(feed)
    assert reload(feed).next_poll_at - NOW <= MOST_HEEDED * 1.1


def test_a_feed_says_in_its_document_how_long_it_holds(
    server: LocalServer, paper: Publication
) -> None:
    document = rss(item(1)).replace(b"<channel>", b"<channel><ttl>40</ttl>")
    assert parse(document).ttl_seconds == 2400
    feed = connect(paper, server.says("/feed", document))
    poll(feed)
    assert 36 * MINUTE <= reload(feed).next_poll_at - NOW <= 44 * MINUTE


def test_a_whole_poll_asks_for_everything_past_every_cache(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1)), headers={"ETag": '"one"'}))
    poll(feed)
    assert server.requests[-1][1]["If-None-Match"] == '"one"'
    assert "Cache-Control" not in server.requests[-1][1]
    with unit_of_work() as session:
        ask_for_whole_poll(feed=session.merge(feed), slot=NOW + HOUR, now=NOW)
    poll(feed)
    asked = server.requests[-1][1]
    assert "If-None-Match" not in asked
    assert asked["Cache-Control"] == "no-cache"
    assert reload(feed).etag == '"one"'
