"""Tasks about articles: poll feeds, fetch pictures, keep in touch with hubs, index, release."""

import time

import structlog

from newsletter.articles.complete import complete
from newsletter.articles.hub_leases import note_answer, sweep_hubs
from newsletter.articles.poll import claim_feed, due_feeds, fetch_feed, store_outcome
from newsletter.articles.release_due import publications_with_due, release_due
from newsletter.articles.search_index import index_missing
from newsletter.articles.sweep_pictures import sweep_pictures
from newsletter.clock import utc_now
from newsletter.digests.gone_pages import look_for_gone_pages
from newsletter.digests.last_digest import last_digest_at
from newsletter.digests.last_look import look_before_digests
from newsletter.digests.links_ahead import check_links_ahead
from newsletter.jobs import Job, enqueue
from newsletter.unit_of_work import unit_of_work
from workers.app import app

log = structlog.get_logger()

#: Articles indexed in one transaction, which on SQLite keeps other writers waiting for a second.
INDEX_AT_ONCE = 50

#: How long one run indexes; the next one goes on.
INDEX_SECONDS = 40


@app.task(name=Job.POLL_DUE_FEEDS)
def poll_due_feeds() -> None:
    """Queue a poll of every feed that is due, or whose digest closes soon."""
    now = utc_now()
    with unit_of_work():
        look_before_digests(now=now)
    with unit_of_work():
        for feed_id in due_feeds(now):
            enqueue(Job.POLL_FEED, feed_id=feed_id)


# A server has 20 seconds for the feed and some more for what completes it.
@app.task(name=Job.POLL_FEED, soft_time_limit=100, time_limit=115)
def poll_feed(feed_id: int) -> None:
    """Poll one feed, unless another worker has it in hand or did it just now."""
    with unit_of_work():
        feed = claim_feed(feed_id=feed_id, now=utc_now())
    if feed is None:
        return
    outcome = complete(feed_id=feed_id, outcome=fetch_feed(feed), clock=utc_now)
    with unit_of_work():
        store_outcome(
            feed_id=feed_id,
            outcome=outcome,
            last_digest_at=last_digest_at(feed_id=feed_id),
            now=utc_now(),
        )


# The links have 45 seconds and 20 more; those in hand then end by their own limits.
@app.task(name=Job.CHECK_LINKS, soft_time_limit=80, time_limit=90)
def check_links() -> None:
    """Ask for the pages behind links that go out within minutes, or when staff say so.

    Articles that are held because their own page was gone are released once it is there.
    """
    check_links_ahead(clock=utc_now)
    look_for_gone_pages(clock=utc_now)


@app.task(name=Job.RELEASE_DUE_ARTICLES)
def release_due_articles() -> None:
    """Release future-dated articles whose date has come, one publication at a time.

    Trouble with one holds no other up.
    """
    for publication_id in publications_with_due(utc_now()):
        try:
            with unit_of_work():
                release_due(publication_id=publication_id, now=utc_now())
        except Exception:
            log.exception("articles_not_released", publication_id=publication_id)


@app.task(name=Job.INDEX_ARTICLES)
def index_articles() -> None:
    """Index articles that are not yet, as all are not after an upgrade."""
    give_up = time.monotonic() + INDEX_SECONDS
    indexed = INDEX_AT_ONCE
    while indexed == INDEX_AT_ONCE and time.monotonic() < give_up:
        with unit_of_work():
            indexed = index_missing(limit=INDEX_AT_ONCE)


# Listing, five pages of ten seconds and the pictures fit into it.
@app.task(name=Job.SWEEP_PICTURES, soft_time_limit=110, time_limit=120)
def sweep() -> None:
    """Fetch pictures that wait, a minute's worth of them."""
    sweep_pictures(clock=utc_now)


@app.task(name=Job.SWEEP_HUBS)
def sweep_hub_leases() -> None:
    """Ask hubs to tell us of new articles, where leases are missing or run out."""
    sweep_hubs(clock=utc_now)


@app.task(name=Job.NOTE_HUB)
def note_hub(lease_id: int, seconds: int) -> None:
    """Note what a hub granted, or that it refused: no seconds."""
    with unit_of_work():
        note_answer(lease_id=lease_id, seconds=seconds, now=utc_now())
