"""How often to poll a feed: by the rhythm of its site, and by what its server asks for."""

import re
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.models import Article, Feed
from newsletter.extensions import db

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=3)
#: Until a feed has brought enough to judge by.
USUAL = timedelta(minutes=15)

#: Articles that the rhythm is read from.
_RECENT = 10
#: Polls for each article: a new one is found after a hundredth of the usual time between two.
_POLLS_PER_ARTICLE = 48

#: Servers and themes name hours out of habit; more than this is not heeded.
MOST_HEEDED = timedelta(hours=1)

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NEVER_KEPT = re.compile(r"no-store|no-cache", re.IGNORECASE)


def poll_interval(feed: Feed, *, cache_control: str, now: datetime) -> timedelta:
    """Return how long to wait after a poll that went well."""
    asked = max(max_age(cache_control), timedelta(seconds=feed.ttl_seconds or 0))
    return max(_by_rhythm(feed, now), min(asked, MOST_HEEDED))


def max_age(cache_control: str) -> timedelta:
    """Return how long an answer may be kept (RFC 9111 §5.2.2.1); zero where it says nothing."""
    found = _MAX_AGE.search(cache_control)
    if not found or _NEVER_KEPT.search(cache_control):
        return timedelta()
    return timedelta(seconds=int(found[1]))


def usual_pause(feed: Feed, *, upto: datetime) -> timedelta | None:
    """Return how long it usually was between two articles; None: there were not enough."""
    recent = list(
        db.session.scalars(
            sa.select(Article.published_at)
            .where(
                Article.publication_id == feed.publication_id,
                Article.feed_id == feed.id,
                Article.published_at <= upto,
            )
            .order_by(Article.published_at.desc())
            .limit(_RECENT)
        )
    )
    return (upto - recent[-1]) / len(recent) if len(recent) > 1 else None


def _by_rhythm(feed: Feed, now: datetime) -> timedelta:
    # Up to now, not up to the last article: who fell silent is asked less and less.
    pause = usual_pause(feed, upto=now)
    if pause is None:
        return USUAL
    return min(max(pause / _POLLS_PER_ARTICLE, SHORTEST), LONGEST)
