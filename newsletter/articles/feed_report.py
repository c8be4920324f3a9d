"""How a feed fares, beyond what its row says: its silence, its pictures, its site's interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.hub_leases import hubs_can_reach_us
from newsletter.articles.models import (
    Article,
    ArticlePicture,
    Feed,
    HubLease,
    HubLeaseState,
    Picture,
    PictureState,
    RestState,
)
from newsletter.articles.rhythm import poll_interval, usual_pause
from newsletter.extensions import db

#: Pictures of articles found since are counted.
PICTURES_OF = timedelta(days=30)
#: A silence is worth a word if it is so many usual pauses long, and at least a few days.
_LONG_SILENCE = 4
_SHORTEST_SILENCE = timedelta(days=3)
_MOST_REASONS = 5

_HUB_WORDS = {
    HubLeaseState.ASKED: "is asked to tell us at once",
    HubLeaseState.ACTIVE: "tells us at once",
    HubLeaseState.REFUSED: "refused to tell us",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTrouble:
    """Why some pictures are missing, and from how many articles."""

    reason: str
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What staff read about a feed; `pictures` counts those of the last thirty days by state."""

    silent_since: datetime | None
    is_long_silent: bool
    interval: timedelta
    rest: str
    hub: str
    pictures: dict[str, int]
    trouble: Sequence[PictureTrouble]


def report_on(feed: Feed, *, now: datetime) -> FeedReport:
    """Look at one feed."""
    since = silent_since(feed)
    return FeedReport(
        silent_since=since,
        is_long_silent=is_long_silent(feed, now=now),
        interval=poll_interval(feed, cache_control="", now=now),
        rest=_rest_words(feed),
        hub=_hub_words(feed),
        pictures=_pictures(feed, now),
        trouble=_trouble(feed, now),
    )


def silent_since(feed: Feed) -> datetime | None:
    """Return when the feed brought its last article, else since when we listen."""
    return feed.last_new_article_at or feed.connected_at


def is_long_silent(feed: Feed, *, now: datetime) -> bool:
    """Tell whether the feed has brought nothing for longer than is usual for it."""
    since = silent_since(feed)
    if since is None or feed.disabled:
        return False
    pause = usual_pause(feed, upto=since)
    return now - since > max(_SHORTEST_SILENCE, _LONG_SILENCE * (pause or timedelta(0)))


def _rest_words(feed: Feed) -> str:
    if feed.rest_state is RestState.OPEN:
        trouble = f" Its last answer failed: {feed.rest_note}" if feed.rest_note else ""
        return f"Open: pictures, authors and categories come from there.{trouble}"
    if feed.rest_state is RestState.CLOSED:
        return f"Closed: {feed.rest_note}"
    if feed.rest_note:
        return f"Cannot be told yet: {feed.rest_note}"
    return "None found."


def _hub_words(feed: Feed) -> str:
    if not feed.hub_url:
        return "None announced: new articles are found by polling."
    if not hubs_can_reach_us():
        return f"{feed.hub_url} is not asked: BASE_URL is no public https address."
    lease = db.session.scalar(sa.select(HubLease).where(HubLease.feed_id == feed.id))
    state = lease.state if lease else HubLeaseState.ASKED
    trouble = f" {lease.note}" if lease and lease.note else ""
    return f"{feed.hub_url} {_HUB_WORDS[state]}.{trouble}"


def _pictures(feed: Feed, now: datetime) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(Picture.state, sa.func.count(sa.distinct(Picture.id)))
        .join(ArticlePicture, ArticlePicture.picture_id == Picture.id)
        .join(Article, Article.id == ArticlePicture.article_id)
        .where(*_recent(feed, now))
        .group_by(Picture.state)
    ).all()
    return {state.value: count for state, count in rows}


def _trouble(feed: Feed, now: datetime) -> list[PictureTrouble]:
    articles = sa.func.count(sa.distinct(Article.id))
    rows = db.session.execute(
        sa.select(Picture.reason, articles)
        .join(ArticlePicture, ArticlePicture.picture_id == Picture.id)
        .join(Article, Article.id == ArticlePicture.article_id)
        .where(*_recent(feed, now), Picture.state != PictureState.STORED, Picture.reason != "")
        .group_by(Picture.reason)
        .order_by(articles.desc(), Picture.reason)
        .limit(_MOST_REASONS)
    ).all()
    return [PictureTrouble(reason=reason, articles=count) for reason, count in rows]


def _recent(feed: Feed, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Article.publication_id == feed.publication_id,
        Article.feed_id == feed.id,
        Article.found_at > now - PICTURES_OF,
    )
