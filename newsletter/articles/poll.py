"""Poll a feed: claim it, fetch it without a transaction, store what came.

Doors call the three steps; only the first and the last need a unit of work, so that nobody
waits for a slow server while the database is locked.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DataError, IntegrityError

from newsletter.articles.describe import LONGEST_URL
from newsletter.articles.fetch import Fetched
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.health import note_failure, note_success, note_validators
from newsletter.articles.hub import hub_of, topic_of
from newsletter.articles.ingest import Ingested, ingest
from newsletter.articles.ledger import lock_ledger
from newsletter.articles.models import Feed
from newsletter.articles.read_feed import FoundFeed, get, read_fetched
from newsletter.articles.rest_health import note_rest
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.extensions import db

log = structlog.get_logger()

#: A claimed feed is not due for so long; if its worker dies, it is polled again thereafter.
CLAIM = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedFeed:
    """What fetching needs to know of a feed."""

    id: int
    url: str
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What the network step brought: a document, "not modified", or an error sentence."""

    seconds: float
    status: int | None
    fetched: Fetched | None = None
    found: FoundFeed | None = None
    error: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """How a poll ended; `error` is empty where it went well."""

    feed_id: int
    url: str
    status: int | None
    seconds: float
    not_modified: bool
    count: int | None
    new: int
    changed: int
    warnings: tuple[str, ...]
    error: str


def due_feeds(now: datetime) -> list[int]:
    """Return the ids of the feeds to poll now, the longest due first."""
    return list(
        db.session.scalars(
            sa.select(Feed.id)
            .where(Feed.next_poll_at <= now, Feed.disabled.is_(False))
            .order_by(Feed.next_poll_at)
        )
    )


def claim_feed(*, feed_id: int, now: datetime, due_only: bool = True) -> ClaimedFeed | None:
    """Take a feed in hand; None if it is not due, because somebody else has it or did it."""
    claim = (
        sa.update(Feed)
        .where(Feed.id == feed_id)
        .values(next_poll_at=now + CLAIM)
        .returning(Feed.id, Feed.url, Feed.etag, Feed.last_modified, Feed.gap_since)
        .execution_options(synchronize_session=False)
    )
    if due_only:
        claim = claim.where(Feed.next_poll_at <= now, Feed.disabled.is_(False))
    row = db.session.execute(claim).one_or_none()
    if row is None:
        return None
    if row.gap_since is not None:  # "not modified" would leave the gap open
        return ClaimedFeed(id=row.id, url=row.url, etag="", last_modified="")
    return ClaimedFeed(id=row.id, url=row.url, etag=row.etag, last_modified=row.last_modified)


def fetch_feed(feed: ClaimedFeed) -> FetchOutcome:
    """Fetch and read a feed; never raises, so that one broken feed stops no other."""
    began = time.monotonic()
    status = None
    try:
        fetched = get(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        status = fetched.status
        found = None if fetched.not_modified else read_fetched(fetched, url=feed.url)
    except FetchError as error:
        return FetchOutcome(
            seconds=time.monotonic() - began,
            status=error.status,
            error=str(error),
            retry_after=error.retry_after,
        )
    except UnreadableFeed as error:
        return FetchOutcome(seconds=time.monotonic() - began, status=status, error=str(error))
    except Exception as error:
        log.exception("feed_not_read", feed_id=feed.id)
        sentence = f"The feed could not be read ({type(error).__name__})."
        return FetchOutcome(seconds=time.monotonic() - began, status=status, error=sentence)
    return FetchOutcome(
        seconds=time.monotonic() - began, status=status, fetched=fetched, found=found
    )


def store_outcome(
    *,
    feed_id: int,
    outcome: FetchOutcome,
    now: datetime,
    last_digest_at: datetime | None = None,
) -> PollResult | None:
    """Store what a fetch brought, and the feed's health; None if the feed was removed meanwhile.

    `last_digest_at` is when the publication's last digest by the clock went out, if one did.
    """
    publication_id = db.session.scalar(sa.select(Feed.publication_id).where(Feed.id == feed_id))
    if publication_id is None:
        return None
    lock_ledger(publication_id)
    feed = db.session.get_one(Feed, feed_id, populate_existing=True)
    stored = Ingested(new=0, changed=0, warnings=())
    error = outcome.error
    if outcome.found is not None:
        try:
            stored = store_found(
                feed=feed, found=outcome.found, now=now, last_digest_at=last_digest_at
            )
        except (DataError, IntegrityError) as trouble:
            error = f"An article of the feed could not be stored ({type(trouble).__name__})."
            log.exception("feed_not_stored", feed_id=feed_id)
    if error:
        note_failure(
            feed,
            error,
            status=outcome.status,
            seconds=outcome.seconds,
            retry_after=outcome.retry_after,
            now=now,
        )
    elif outcome.found is None:
        note_success(
            feed,
            status=outcome.status or 304,
            seconds=outcome.seconds,
            warnings=None,
            cache_control=outcome.fetched.cache_control if outcome.fetched else "",
            now=now,
        )
    db.session.flush()
    _log(feed, stored, error)
    return _result(feed, outcome, stored)


def store_found(
    *, feed: Feed, found: FoundFeed, now: datetime, last_digest_at: datetime | None = None
) -> Ingested:
    """Store a document and note that its poll went well.

    A savepoint keeps one article that the database refuses from taking the feed's health along.
    """
    with db.session.begin_nested():
        stored = ingest(
            feed=feed,
            entries=found.parsed.entries,
            language=found.parsed.language or "",
            now=now,
            last_digest_at=last_digest_at,
        )
        moved = _follow(feed, found)
        feed.title = feed.title or found.parsed.title[:500]
        feed.last_count = len(found.parsed.entries) - found.behind
        feed.ttl_seconds = found.parsed.ttl_seconds
        feed.hub_url, feed.hub_topic = hub_of(found), topic_of(found)[:LONGEST_URL]
        if stored.new:
            feed.last_new_article_at = now
        feed.connected_at = feed.connected_at or now
        _note_gap(feed, found)
        note_rest(feed, found.rest, now=now)
        warnings = (*found.parsed.warnings, *stored.warnings, *moved)
        fetched = found.fetched
        note_validators(feed, etag=fetched.etag, last_modified=fetched.last_modified)
        note_success(
            feed,
            status=fetched.status,
            seconds=fetched.seconds,
            warnings=warnings,
            cache_control=fetched.cache_control,
            now=now,
        )
    return Ingested(new=stored.new, changed=stored.changed, warnings=warnings)


def _note_gap(feed: Feed, found: FoundFeed) -> None:
    """Remember that articles are missing, from the last good poll on, until they are found."""
    if found.gap:
        feed.gap_since = feed.gap_since or feed.last_success_at
    elif found.gap is not None:
        feed.gap_since = None


def _follow(feed: Feed, found: FoundFeed) -> tuple[str, ...]:
    """Ask at the new address from now on, if the server says that the feed moved for good."""
    if found.url == feed.url or len(found.url) > 2000:
        return ()
    taken = sa.exists().where(
        Feed.publication_id == feed.publication_id, Feed.url == found.url, Feed.id != feed.id
    )
    if db.session.scalar(sa.select(taken)):
        return (f"The feed moved to {found.url}, which this publication reads already.",)
    was, feed.url = feed.url, found.url
    return (f"The feed moved for good, from {was} to {found.url}, and is read there now.",)


def _log(feed: Feed, stored: Ingested, error: str) -> None:
    if error:
        log.warning("feed_failed", feed_id=feed.id, failures=feed.failures_in_a_row, error=error)
    else:
        log.info("feed_polled", feed_id=feed.id, new=stored.new, changed=stored.changed)


def _result(feed: Feed, outcome: FetchOutcome, stored: Ingested) -> PollResult:
    return PollResult(
        feed_id=feed.id,
        url=feed.url,
        status=outcome.status,
        seconds=outcome.seconds,
        not_modified=outcome.fetched is not None and outcome.fetched.not_modified,
        count=feed.last_count,
        new=stored.new,
        changed=stored.changed,
        warnings=stored.warnings,
        error=feed.last_error,
    )
