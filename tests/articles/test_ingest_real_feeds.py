"""Feeds as sites really serve them, taken into the ledger."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.articles.ingest import ingest
from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.articles.parse import parse
from newsletter.articles.shapes import ParsedFeed
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

FEEDS = Path(__file__).resolve().parents[3] / "shared/data/feeds"

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the collection of feeds is not here")


def readable() -> list[ParsedFeed]:
    found = []
    for path in sorted(FEEDS.iterdir()):
        if path.suffix in (".xml", ".json"):
            try:
                found.append(parse(path.read_bytes(), url=f"https://example.org/{path.name}"))
            except UnreadableFeed:
                assert path.name == "bad-empty-0-bytes.xml"
    return found


def take_in(feed: Feed, parsed: ParsedFeed) -> tuple[int, int]:
    with unit_of_work():
        stored = ingest(
            feed=db.session.get_one(Feed, feed.id),
            entries=parsed.entries,
            language=parsed.language or "",
            now=NOW,
        )
    return stored.new, stored.changed


def test_every_article_of_every_feed_is_taken_in_once(make: Make) -> None:
    publication = make.publication()
    feeds = [
        (make.feed(publication=publication, connected_at=None), parsed) for parsed in readable()
    ]
    assert len(feeds) > 20
    for feed, parsed in feeds:
        assert take_in(feed, parsed) == (len(parsed.entries), 0)
    for feed, parsed in feeds:
        assert take_in(feed, parsed) == (0, 0)
    total = sum(len(parsed.entries) for _, parsed in feeds)
    articles = db.session.scalars(sa.select(Article).order_by(Article.position)).all()
    assert [article.position for article in articles] == list(range(1, total + 1))
    assert all(article.state is ArticleState.KNOWN and article.title for article in articles)
    assert reload(publication).last_position == total


def test_a_site_that_changes_all_its_guids_mails_nothing_twice(make: Make) -> None:
    publication = make.publication()
    for parsed in readable():
        feed = make.feed(publication=publication)
        take_in(feed, parsed)
        linked = [entry for entry in parsed.entries if entry.link]
        renamed = [replace(entry, guid=f"urn:new:{number}") for number, entry in enumerate(linked)]
        with unit_of_work():
            stored = ingest(
                feed=db.session.get_one(Feed, feed.id), entries=renamed, language="", now=NOW
            )
        assert stored.new == 0, parsed.title
