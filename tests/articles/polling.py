"""Steps that tests of feeds share: connect, poll, look at the ledger."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.complete import complete
from newsletter.articles.connect import connect_feed
from newsletter.articles.models import Article, Feed
from newsletter.articles.poll import PollResult, claim_feed, fetch_feed, store_outcome
from newsletter.articles.read_feed import find_feed
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


def connect(publication: Publication, url: str, *, now: datetime = NOW) -> Feed:
    found = find_feed(url=url)
    with unit_of_work():
        return connect_feed(publication=publication, found=found, now=now)


def poll(feed: Feed, *, now: datetime = NOW) -> PollResult:
    feed_id = feed.id
    with unit_of_work():
        claimed = claim_feed(feed_id=feed_id, now=now, due_only=False)
    assert claimed is not None
    outcome = fetch_feed(claimed)
    with unit_of_work():
        result = store_outcome(feed_id=feed_id, outcome=outcome, now=now)
    assert result is not None
    return result


def poll_whole(feed_id: int, *, now: datetime = NOW) -> PollResult:
    """Poll as workers do: with what completes a new article."""
    with unit_of_work():
        claimed = claim_feed(feed_id=feed_id, now=now, due_only=False)
    assert claimed is not None
    outcome = complete(feed_id=feed_id, outcome=fetch_feed(claimed), clock=lambda: now)
    with unit_of_work():
        result = store_outcome(feed_id=feed_id, outcome=outcome, now=now)
    assert result is not None
    return result


def ledger(publication: Publication) -> list[tuple[int | None, str, str]]:
    """Return (position, state, title) of every article, by position."""
    rows = db.session.execute(
        sa.select(Article.position, Article.state, Article.title)
        .where(Article.publication_id == publication.id)
        .order_by(Article.position)
    ).all()
    db.session.rollback()
    return [(position, state.value, title) for position, state, title in rows]


def article_titled(title: str) -> Article:
    return db.session.scalars(sa.select(Article).where(Article.title == title)).one()
