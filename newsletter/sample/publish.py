"""The sample publication: prepare it in an empty database, publish its next article."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from newsletter.articles.poll import store_outcome
from newsletter.config import settings
from newsletter.publications.find import default_publication
from newsletter.sample import feed as sample
from newsletter.sample.content import sample_articles
from newsletter.sample.past import live_through


def prepare(*, now: datetime) -> str | None:
    """Fill an empty database with a publication that has lived for sixty days.

    Opens its own units of work, since it runs before any door is up. Nothing happens where mail
    would leave this machine, or where there is a publication already.

    Returns:
        The name of the publication; None if nothing was prepared.
    """
    if not settings.mail_goes_to_outbox or default_publication() is not None:
        return None
    with _quiet():
        return live_through(base=settings.base_url, now=now)


def next_title() -> str | None:
    """Return the title of the article that is published next; None when all are out."""
    feed = sample.connected_feed()
    if feed is None:
        return None
    articles = sample_articles(base_url=sample.base_url(feed))
    count = sample.published_count(feed)
    return articles[count].title if count < len(articles) else None


def publish_next(*, now: datetime) -> str | None:
    """Publish the next sample article and poll the feed; return its title, None if all are out."""
    title = next_title()
    feed = sample.connected_feed()
    if title is None or feed is None:
        return None
    found = sample.found_feed(
        base=sample.base_url(feed),
        count=sample.published_count(feed) + 1,
        prepared_at=sample.prepared_at(feed),
    )
    store_outcome(feed_id=feed.id, outcome=sample.outcome(found), now=now)
    return title


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep sixty days of log lines out of the first minute's log."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)
