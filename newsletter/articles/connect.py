"""Connect a feed to a publication: look at it first, then file what is there as known."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.articles.categorise import category_counts
from newsletter.articles.describe import LONGEST_URL
from newsletter.articles.ledger import lock_ledger
from newsletter.articles.links import spellings
from newsletter.articles.models import Feed
from newsletter.articles.poll import store_found
from newsletter.articles.read_feed import FoundFeed, find_feed
from newsletter.articles.shapes import FeedKind, ParsedArticle
from newsletter.articles.wordpress_rest import enriched
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.models import Publication

log = structlog.get_logger()

PREVIEWED = 10


class CannotConnect(PermanentError):
    """A feed that this publication cannot take; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPreview:
    """What staff see before they connect a feed; `found` is what connecting it takes."""

    title: str
    kind: FeedKind
    url: str
    articles: tuple[ParsedArticle, ...]
    count: int
    warnings: tuple[str, ...]
    categories: tuple[tuple[str, int], ...]
    found: FoundFeed


def preview_feed(*, url: str) -> FeedPreview:
    """Fetch a feed, or the one that a web page announces, and show its beginning.

    Raises:
        FetchError, UnreadableFeed: one sentence for staff.
    """
    found = enriched(find_feed(url=url))
    parsed = found.parsed
    return FeedPreview(
        title=parsed.title,
        kind=parsed.kind,
        url=found.url,
        articles=parsed.entries[:PREVIEWED],
        count=len(parsed.entries),
        warnings=parsed.warnings,
        categories=category_counts(parsed.entries),
        found=found,
    )


def connect_feed(*, publication: Publication, found: FoundFeed, now: datetime) -> Feed:
    """Let `publication` read a feed; what is in it already is known and never mailed.

    Takes a feed that was found before the unit of work began (`find_feed`, `preview_feed`), so
    that no server is waited for inside it.

    Raises:
        CannotConnect: the publication reads it already, or its address is too long.
    """
    if len(found.url) > LONGEST_URL:
        raise CannotConnect(f"The address of the feed is longer than {LONGEST_URL} characters.")
    lock_ledger(publication.id)  # two clicks at once must find each other
    _refuse_second(publication, found.url)
    feed = Feed(
        publication_id=publication.id,
        url=found.url,
        title=found.parsed.title[:500],
        created_at=now,
        next_poll_at=now,
    )
    db.session.add(feed)
    db.session.flush()
    stored = store_found(feed=feed, found=found, now=now)
    feed.last_polled_at = now
    db.session.flush()
    log.info("feed_connected", feed_id=feed.id, known=stored.new)
    return feed


def _refuse_second(publication: Publication, url: str) -> None:
    same = sa.select(Feed.id).where(
        Feed.publication_id == publication.id, Feed.url.in_(spellings(url))
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise CannotConnect(f"{publication.name} reads this feed already: {url}")
