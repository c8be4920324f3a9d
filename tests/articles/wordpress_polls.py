"""A feed of a WordPress site, connected and polled."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from newsletter.articles.connect import connect_feed, preview_feed
from newsletter.articles.models import Feed
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.polling import poll_whole
from tests.articles.tiny_feeds import DAY_ONE
from tests.articles.wordpress_site import WordPressSite, wordpress_site

#: When the feed is connected: the posts before it appeared a minute apart.
MORNING = DAY_ONE + timedelta(hours=1)


@pytest.fixture
def site() -> Iterator[WordPressSite]:
    with wordpress_site() as running:
        running.publish(15)
        yield running


def connected(paper: Publication, site: WordPressSite) -> Feed:
    found = preview_feed(url=site.feed_url).found
    with unit_of_work():
        return connect_feed(publication=paper, found=found, now=MORNING)


def poll(feed: Feed, minutes: int = 1) -> int:
    result = poll_whole(feed.id, now=MORNING + timedelta(minutes=minutes))
    assert result.error == ""
    return result.new


def late(site: WordPressSite, count: int, **fields: object) -> None:
    """Let posts appear after the feed was connected."""
    for _ in range(count):
        site.publish(at=MORNING + timedelta(seconds=len(site.posts)), **fields)
