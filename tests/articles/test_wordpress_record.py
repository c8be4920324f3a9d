"""What a WordPress site says of its posts beyond the feed: pictures, authors, categories."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import RestState
from newsletter.articles.wordpress_rest import is_main_feed
from newsletter.extensions import db
from newsletter.publications.models import Publication
from tests.articles.polling import article_titled, poll_whole
from tests.articles.wordpress_polls import MORNING, connected, late, poll
from tests.articles.wordpress_polls import site as site
from tests.articles.wordpress_site import WordPressSite
from tests.factories import Make, reload


def test_the_sites_own_record_gives_picture_author_and_categories_apart_from_tags(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    assert reload(feed).rest_state is RestState.OPEN
    late(site, 1, featured=True, categories=("Europe",), tags=("Ports", "Ferries"))
    poll(feed)
    article = article_titled("Post 16")
    assert [topic.name for topic in article.topics] == ["Europe"]
    assert article.author == "Ana Example"
    assert (article.image_alt, article.image_caption, article.image_credit) == (
        "What post 16 shows",
        "At the quay.",
        "Rui Example",
    )
    assert article.picture is not None
    assert article.picture.alt == "What post 16 shows"


def test_a_later_poll_of_the_feed_alone_takes_nothing_back(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    late(site, 1, featured=True, categories=("Europe",), tags=("Ports",))
    poll(feed)
    site.rest = "away"
    late(site, 1)
    poll(feed, minutes=2)
    article = article_titled("Post 16")
    assert ([topic.name for topic in article.topics], article.author) == (["Europe"], "Ana Example")
    assert article.picture is not None
    site.posts[15].title = "Corrected"
    poll_whole(feed.id, now=MORNING + timedelta(minutes=3))
    assert article_titled("Corrected").id == article.id


def test_a_tag_that_readers_may_choose_stays_a_topic(
    site: WordPressSite, paper: Publication, make: Make
) -> None:
    make.topic(publication=paper, name="Ports")
    feed = connected(paper, site)
    late(site, 1, categories=("Europe",), tags=("Ports", "Ferries"))
    poll(feed)
    topics = {topic.name for topic in article_titled("Post 16").topics}
    assert topics == {"Europe", "Ports"}
    assert db.session.scalar(sa.text("select count(*) from topics where name = 'Ferries'")) == 0


@pytest.mark.parametrize(
    ("feed", "rest", "is_main"),
    [
        ("https://e.example/feed/", "https://e.example/wp-json/", True),
        ("https://www.e.example/feed", "https://e.example/wp-json/", True),
        ("https://e.example/feed/atom/", "https://e.example/wp-json/", True),
        ("https://e.example/?feed=rss2", "https://e.example/?rest_route=/", True),
        ("https://e.example/blog/feed/", "https://e.example/blog/wp-json/", True),
        ("https://e.example/category/news/feed/", "https://e.example/wp-json/", False),
        ("https://e.example/author/ana/feed/", "https://e.example/wp-json/", False),
        ("https://e.example/feed/?cat=3", "https://e.example/wp-json/", False),
        ("https://e.example/feed/podcast/", "https://e.example/wp-json/", False),
        ("https://feeds.other.example/feed/", "https://e.example/wp-json/", False),
    ],
)
def test_only_the_feed_of_the_whole_site_is_read_on_through_its_posts(
    feed: str, rest: str, is_main: bool
) -> None:
    assert is_main_feed(feed, rest) is is_main
