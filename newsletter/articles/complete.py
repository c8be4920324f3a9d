"""Complete what a poll brought before it is stored, so that digests find new articles whole."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from newsletter.articles.article_page import fetch_page_image
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.fetch_pictures import fetch_pictures, pictures_of
from newsletter.articles.list_pictures import Wanted, ask_for_pictures, wanted_pictures
from newsletter.articles.models import Feed
from newsletter.articles.poll import FetchOutcome
from newsletter.articles.recognise import unknown_entries
from newsletter.articles.shapes import ParsedArticle
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: How long a poll may wait for pictures; what comes later, the sweeper fetches.
SECONDS = 25.0
PAGE_SECONDS = 5.0
#: Of one poll: a burst of articles must not keep the first of them waiting.
MOST_ARTICLES = 12


def complete(*, feed_id: int, outcome: FetchOutcome, clock: Callable[[], datetime]) -> FetchOutcome:
    """Fetch the pictures of new articles while the time lasts; return the outcome to be stored.

    Opens units of work of its own, with the network between them. Whatever goes wrong here, the
    poll goes on without it.
    """
    if outcome.found is None or not _is_connected(feed_id):
        return outcome
    try:
        return _with_pictures(feed_id, outcome, clock=clock)
    except Exception:
        log.exception("poll_not_completed", feed_id=feed_id)
        return outcome


def _is_connected(feed_id: int) -> bool:
    feed = db.session.get(Feed, feed_id)
    connected = feed is not None and feed.connected_at is not None
    db.session.rollback()
    return connected


def _with_pictures(
    feed_id: int, outcome: FetchOutcome, *, clock: Callable[[], datetime]
) -> FetchOutcome:
    assert outcome.found is not None
    parsed = outcome.found.parsed
    ends = time.monotonic() + SECONDS
    new = _new_entries(feed_id, parsed.entries)[:MOST_ARTICLES]
    looked_at = {entry.key: _with_page(entry, ends=ends) for entry in new}
    urls = _leads_first(list(looked_at.values()))
    if urls:
        with unit_of_work():
            ask_for_pictures(urls, now=clock())
        fetch_pictures(pictures_of(urls), clock=clock, seconds=ends - time.monotonic())
    entries = tuple(looked_at.get(entry.key, entry) for entry in parsed.entries)
    found = replace(outcome.found, parsed=replace(parsed, entries=entries))
    return replace(outcome, found=found)


def _new_entries(feed_id: int, entries: Sequence[ParsedArticle]) -> list[ParsedArticle]:
    feed = db.session.get_one(Feed, feed_id)
    new = unknown_entries(feed, entries)
    db.session.rollback()
    return new


def _with_page(entry: ParsedArticle, *, ends: float) -> ParsedArticle:
    """Look at the article's own page for a picture where the feed gives none."""
    left = ends - time.monotonic()
    if any(one.may_lead for one in _wanted(entry)) or not entry.link or left < PAGE_SECONDS:
        return entry
    try:
        return replace(entry, page_image=fetch_page_image(entry.link, seconds=PAGE_SECONDS))
    except FetchError as error:
        log.info("article_page_not_read", reason=str(error))
        return entry


def _leads_first(entries: list[ParsedArticle]) -> list[str]:
    """Return the addresses of all pictures: those that stand for articles, then the others."""
    wanted = [_wanted(entry) for entry in entries]
    leads = [next((one for one in each if one.may_lead), None) for each in wanted]
    others = [one for each in wanted for one in each]
    return list(dict.fromkeys(one.image.url for one in (*leads, *others) if one is not None))


def _wanted(entry: ParsedArticle) -> list[Wanted]:
    return wanted_pictures(entry.image, entry.images, entry.page_image)
