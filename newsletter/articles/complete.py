"""Complete what a poll brought before it is stored, so that digests find new articles whole."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from newsletter.articles.article_page import fetch_page_image
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.fetch_pictures import fetch_pictures, pictures_of
from newsletter.articles.list_pictures import Wanted, ask_for_pictures, wanted_pictures
from newsletter.articles.models import Feed, RestState
from newsletter.articles.older_pages import Standing, older_entries
from newsletter.articles.poll import FetchOutcome
from newsletter.articles.read_feed import FoundFeed
from newsletter.articles.recognise import known_before, unknown_entries
from newsletter.articles.rest_health import may_ask_rest
from newsletter.articles.shapes import ParsedArticle
from newsletter.articles.wordpress_rest import enriched
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: How long a poll may wait for pictures; what comes later, the sweeper fetches.
SECONDS = 25.0
PAGE_SECONDS = 5.0
MAY_BE_MISSING = (
    "Even the last article of the feed was new: others may have come and gone between two polls."
)

#: Of one poll: a burst of articles must not keep the first of them waiting.
MOST_ARTICLES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFeed:
    """What completing needs to know of a feed."""

    id: int
    connected_at: datetime
    last_success_at: datetime
    gap_since: datetime | None
    rest_url: str
    #: Whether the site's own record of posts may be asked for.
    asks_rest: bool


def complete(*, feed_id: int, outcome: FetchOutcome, clock: Callable[[], datetime]) -> FetchOutcome:
    """Read on where articles may be missing, ask the site about new ones, fetch their pictures.

    Opens units of work of its own, with the network between them. Whatever goes wrong here, the
    poll goes on without it.
    """
    feed = _known(feed_id, now=clock())
    if outcome.found is None or feed is None:
        return outcome
    try:
        found = _with_older(feed, outcome.found)
        found = _with_record(feed, found)
        found = _with_pictures(feed, found, clock=clock)
    except Exception:
        log.exception("poll_not_completed", feed_id=feed_id)
        return outcome
    return replace(outcome, found=found)


def _known(feed_id: int, *, now: datetime) -> KnownFeed | None:
    """Return a feed that is connected."""
    feed = db.session.get(Feed, feed_id)
    known = None
    if feed is not None and feed.connected_at is not None:
        known = KnownFeed(
            id=feed.id,
            connected_at=feed.connected_at,
            last_success_at=feed.last_success_at or feed.connected_at,
            gap_since=feed.gap_since,
            rest_url=feed.rest_url if feed.rest_state is RestState.OPEN else "",
            asks_rest=may_ask_rest(feed, now=now),
        )
    db.session.rollback()
    return known


def _with_older(feed: KnownFeed, found: FoundFeed) -> FoundFeed:
    """Add what more came than the feed shows on its first page."""
    parsed = found.parsed
    if not _may_have_more(feed, found) and feed.gap_since is None:
        return found
    older = older_entries(
        found,
        judge=lambda entries: _standing(feed, entries),
        since=feed.gap_since or feed.last_success_at,
        connected_at=feed.connected_at,
        rest_url=feed.rest_url,
    )
    warnings = parsed.warnings if older.whole else (*parsed.warnings, MAY_BE_MISSING)
    parsed = replace(parsed, entries=(*parsed.entries, *older.entries), warnings=warnings)
    gap = not older.whole and older.may_retry
    return replace(found, parsed=parsed, gap=gap, behind=len(older.entries))


def _may_have_more(feed: KnownFeed, found: FoundFeed) -> bool:
    """Whether new articles reach down to the end of the feed, so that others may lie behind it.

    WordPress sorts by date, so there the last one tells; of other feeds all must be new.
    """
    entries = found.parsed.entries
    new = {entry.key for entry in _new_entries(feed, entries)}
    if not new or not found.parsed.is_wordpress:
        return len(new) == len(entries) > 0
    return entries[-1].key in new


def _standing(feed: KnownFeed, entries: Sequence[ParsedArticle]) -> Standing:
    """Say what is new; what a poll found in a gap that is still open does not end the reading."""
    keys = frozenset(entry.key for entry in entries)
    new = frozenset(entry.key for entry in _new_entries(feed, entries))
    if feed.gap_since is None:
        return Standing(new=new, ends=keys - new)
    known = known_before(db.session.get_one(Feed, feed.id), entries, moment=feed.gap_since)
    db.session.rollback()
    return Standing(new=new, ends=frozenset(known))


def _with_record(feed: KnownFeed, found: FoundFeed) -> FoundFeed:
    """Ask the site's own record about new articles; about none, only whether it answers."""
    new = {entry.key for entry in _new_entries(feed, found.parsed.entries)}
    if not feed.asks_rest or not (new or not feed.rest_url):
        return found
    asked = enriched(found, rest_url=feed.rest_url, count=len(new) + 10)
    pairs = zip(found.parsed.entries, asked.parsed.entries, strict=True)
    entries = tuple(better if plain.key in new else plain for plain, better in pairs)
    return replace(asked, parsed=replace(asked.parsed, entries=entries))


def _with_pictures(
    feed: KnownFeed, found: FoundFeed, *, clock: Callable[[], datetime]
) -> FoundFeed:
    ends = time.monotonic() + SECONDS
    new = _new_entries(feed, found.parsed.entries)[:MOST_ARTICLES]
    looked_at = {entry.key: _with_page(entry, ends=ends) for entry in new}
    urls = _leads_first(list(looked_at.values()))
    if urls:
        with unit_of_work():
            ask_for_pictures(urls, now=clock())
        fetch_pictures(pictures_of(urls), clock=clock, seconds=ends - time.monotonic())
    entries = tuple(looked_at.get(entry.key, entry) for entry in found.parsed.entries)
    return replace(found, parsed=replace(found.parsed, entries=entries))


def _new_entries(feed: KnownFeed, entries: Sequence[ParsedArticle]) -> list[ParsedArticle]:
    new = unknown_entries(db.session.get_one(Feed, feed.id), entries)
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
