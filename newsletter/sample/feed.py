"""The pretend publisher's feed: it holds as many articles as the ledger knows, or one more."""

import hashlib
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.fetch import Fetched
from newsletter.articles.models import Article, Feed
from newsletter.articles.poll import FetchOutcome
from newsletter.articles.read_feed import FoundFeed, read_fetched
from newsletter.extensions import db
from newsletter.sample.content import sample_feed
from newsletter.sample.readers import PAST

FEED_PATH = "/dev/sample-feed.xml"
CONTENT_TYPE = "application/rss+xml; charset=UTF-8"
_SECONDS = 0.05  # what a server next door would take


def connected_feed() -> Feed | None:
    """Return the sample feed, if a publication reads it."""
    statement = sa.select(Feed).where(Feed.url.endswith(FEED_PATH, autoescape=True))
    return db.session.scalar(statement.order_by(Feed.id).limit(1))


def published_count(feed: Feed) -> int:
    """Return how many articles are out: those that the ledger has, so that nothing else counts."""
    statement = sa.select(sa.func.count()).where(Article.feed_id == feed.id)
    return int(db.session.scalars(statement).one())


def base_url(feed: Feed) -> str:
    """Return the address that the articles were published under; another would make them new."""
    return feed.url.removesuffix(FEED_PATH)


def document(*, base: str, count: int, prepared_at: datetime) -> bytes:
    """Return the feed with the `count` oldest articles."""
    return sample_feed(base_url=base, count=count, now=prepared_at)


def prepared_at(feed: Feed) -> datetime:
    """Return the moment that all dates count back from."""
    return feed.created_at + PAST


def entity_tag(content: bytes) -> str:
    """Return the ETag of a document."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def found_feed(*, base: str, count: int, prepared_at: datetime) -> FoundFeed:
    """Return the feed as a poll would find it; nothing is fetched, since no server may be up."""
    content = document(base=base, count=count, prepared_at=prepared_at)
    url = f"{base}{FEED_PATH}"
    fetched = Fetched(
        status=200,
        url=url,
        permanent_url=None,
        content=content,
        content_type=CONTENT_TYPE,
        etag=entity_tag(content),
        last_modified=None,
        not_modified=False,
        seconds=_SECONDS,
    )
    return read_fetched(fetched, url=url)


def outcome(found: FoundFeed) -> FetchOutcome:
    """Return what the network step of a poll would have brought."""
    return FetchOutcome(
        seconds=found.fetched.seconds, status=200, fetched=found.fetched, found=found
    )
