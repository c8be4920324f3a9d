"""Tasks about articles: poll feeds, release what waited for its date."""

from newsletter.articles.poll import claim_feed, due_feeds, fetch_feed, store_outcome
from newsletter.articles.release_due import publications_with_due, release_due
from newsletter.clock import utc_now
from newsletter.digests.last_digest import last_digest_at
from newsletter.jobs import Job, enqueue
from newsletter.unit_of_work import unit_of_work
from workers.app import app


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
        store_outcome(
            feed_id=feed_id,
            outcome=outcome,
            last_digest_at=last_digest_at(feed_id=feed_id),
            now=utc_now(),
        )


@app.task(name=Job.RELEASE_DUE_ARTICLES)
def release_due_articles() -> None:
    """Release future-dated articles whose date has come, one publication at a time."""
    for publication_id in publications_with_due(utc_now()):
        with unit_of_work():
            release_due(publication_id=publication_id, now=utc_now())
