"""Keep a feed's health: what the last poll found, and when the next one is due."""

import random
from datetime import datetime, timedelta

from newsletter.articles.models import Feed
from newsletter.articles.rhythm import poll_interval

#: After the first failure; each further one doubles it.
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=6)

#: What a server may ask for by Retry-After at most.
LONGEST_REQUESTED_WAIT = timedelta(days=1)

MOST_WARNINGS = 20
LONGEST_WARNING = 500
LONGEST_ETAG = 500
LONGEST_LAST_MODIFIED = 200

GONE = 410
#: So often in a row, since a site under repair may say so for a while.
GONE_FOR_GOOD = 3


def note_success(
    feed: Feed,
    *,
    status: int,
    seconds: float,
    warnings: tuple[str, ...] | None,
    cache_control: str = "",
    now: datetime,
) -> None:
    """Record a poll that went well; `warnings` is None where the document is as it was."""
    _note_poll(feed, status=status, seconds=seconds, now=now)
    feed.last_success_at = now
    feed.last_error = ""
    feed.failures_in_a_row = 0
    feed.wait_until = None
    feed.next_poll_at = now + _jittered(poll_interval(feed, cache_control=cache_control, now=now))
    if warnings is not None:
        feed.last_warnings = "\n".join(
            " ".join(line.split())[:LONGEST_WARNING] for line in warnings[:MOST_WARNINGS]
        )


def note_failure(
    feed: Feed,
    error: str,
    *,
    status: int | None,
    seconds: float,
    retry_after: float | None,
    now: datetime,
) -> None:
    """Record a poll that failed: the next one comes later with each failure."""
    _note_poll(feed, status=status, seconds=seconds, now=now)
    feed.failures_in_a_row += 1
    feed.last_error = error
    feed.next_poll_at = now + max(_backoff(feed.failures_in_a_row), _requested(retry_after))
    feed.wait_until = now + _requested(retry_after) if retry_after is not None else None
    if status == GONE and feed.failures_in_a_row >= GONE_FOR_GOOD:
        feed.disabled = True
        feed.last_error = f"{error} The feed is gone for good and is no longer polled."


def note_validators(feed: Feed, *, etag: str | None, last_modified: str | None) -> None:
    """Keep what makes the next request conditional; a cut one would match nothing."""
    feed.etag = etag if etag and len(etag) <= LONGEST_ETAG else ""
    kept = last_modified if last_modified and len(last_modified) <= LONGEST_LAST_MODIFIED else ""
    feed.last_modified = kept


def _note_poll(feed: Feed, *, status: int | None, seconds: float, now: datetime) -> None:
    feed.last_polled_at = now
    feed.last_status = status
    feed.last_seconds = round(seconds, 3)


def _backoff(failures: int) -> timedelta:
    doublings = min(failures - 1, 10)
    return min(_jittered(FIRST_WAIT * 2**doublings), LONGEST_WAIT)


def _requested(retry_after: float | None) -> timedelta:
    if retry_after is None:
        return timedelta()
    return min(timedelta(seconds=retry_after), LONGEST_REQUESTED_WAIT)


def _jittered(wait: timedelta) -> timedelta:
    """Spread polls, so that feeds connected together are not fetched together for ever."""
    return wait * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
