"""Run feeds by hand: list them, ask for a poll, stop and start polling."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.articles.models import Feed
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue

log = structlog.get_logger()


class FeedIsDisabled(PermanentError):
    """A disabled feed is not polled."""


def feeds_of(publication_id: int) -> Sequence[Feed]:
    """Return the feeds of a publication, in the order in which they were connected."""
    statement = sa.select(Feed).where(Feed.publication_id == publication_id)
    return db.session.scalars(statement.order_by(Feed.id)).all()


def ask_for_poll(*, feed: Feed, now: datetime) -> None:
    """Make the feed due at once; the sweep finds it even if the job is lost.

    Raises:
        FeedIsDisabled.
    """
    db.session.refresh(feed, with_for_update=True)
    if feed.disabled:
        raise FeedIsDisabled("This feed is disabled. Enable it, then it is polled.")
    feed.next_poll_at = now
    db.session.flush()
    enqueue(Job.POLL_FEED, feed_id=feed.id)


def ask_for_whole_poll(*, feed: Feed, slot: datetime | None, now: datetime) -> None:
    """Make the feed due at once and its server answer in full, before a digest closes.

    Caches and plugins that answer "not modified" out of turn would keep articles from it.
    """
    feed.etag = feed.last_modified = ""
    feed.read_whole_for, feed.next_poll_at = slot, now
    db.session.flush()
    enqueue(Job.POLL_FEED, feed_id=feed.id)


def disable_feed(*, feed: Feed) -> None:
    """Stop polling; the articles stay, and digests carry them as before."""
    feed.disabled = True
    db.session.flush()
    log.info("feed_disabled", feed_id=feed.id)


def enable_feed(*, feed: Feed, now: datetime) -> None:
    """Poll again, from now on and as if nothing had failed."""
    feed.disabled = False
    feed.failures_in_a_row = 0
    feed.last_error = ""
    db.session.flush()
    log.info("feed_enabled", feed_id=feed.id)
    ask_for_poll(feed=feed, now=now)
