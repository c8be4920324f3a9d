"""Tasks about articles: poll feeds, and index what cannot be searched yet."""

import time

from newsletter.articles.poll import claim_feed, due_feeds, fetch_feed, store_outcome
from newsletter.articles.search_index import index_missing
from newsletter.clock import utc_now
from newsletter.jobs import Job, enqueue
from newsletter.unit_of_work import unit_of_work
from workers.app import app

#: Articles indexed in one transaction, which on SQLite keeps other writers waiting for a second.
INDEX_AT_ONCE = 50

#: How long one run indexes; the next one goes on.
INDEX_SECONDS = 40


@app.task(name=Job.POLL_DUE_FEEDS)
def poll_due_feeds() -> None:
    """Queue a poll of every feed that is due."""
    with unit_of_work():
        for feed_id in due_feeds(utc_now()):
            enqueue(Job.POLL_FEED, feed_id=feed_id)


@app.task(name=Job.POLL_FEED)
def poll_feed(feed_id: int) -> None:
    """Poll one feed, unless another worker has it in hand or did it just now."""
    with unit_of_work():
        feed = claim_feed(feed_id=feed_id, now=utc_now())
    if feed is None:
        return
    outcome = fetch_feed(feed)
    with unit_of_work():
        store_outcome(feed_id=feed_id, outcome=outcome, now=utc_now())


@app.task(name=Job.INDEX_ARTICLES)
def index_articles() -> None:
    """Index articles that are not yet, as all are not after an upgrade."""
    give_up = time.monotonic() + INDEX_SECONDS
    indexed = INDEX_AT_ONCE
    while indexed == INDEX_AT_ONCE and time.monotonic() < give_up:
        with unit_of_work():
            indexed = index_missing(limit=INDEX_AT_ONCE)
