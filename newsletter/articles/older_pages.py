"""Read on behind the first page of a feed, so that a burst of articles leaves no gap.

A feed shows its newest ten. Where the last of them is new, others may have come and gone between
two polls: then its older pages are read until one ends with what is known. Until then, since some
sites date new articles back, so that they stand among those that we have.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import structlog

from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.read_feed import FoundFeed, get, read_fetched
from newsletter.articles.shapes import ParsedArticle
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.articles.wordpress_rest import is_main_feed, posts_by_page
from newsletter.errors import TemporaryError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Standing:
    """Of some entries the keys of those that are new, and of those at which the known begins."""

    new: frozenset[str]
    ends: frozenset[str]


Judge = Callable[[Sequence[ParsedArticle]], Standing]

MOST_PAGES = 30
MOST_ARTICLES = 300
SECONDS = 20.0
PAGE_SECONDS = 10.0
POSTS_PER_PAGE = 50

#: So many in a row that are known end the reading; fewer may stand alone among new ones.
ENOUGH_KNOWN = 3

#: Nothing older than this before the last good poll counts as new.
REACH = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back an article may be dated that counts as new."""

    after: datetime
    connected_at: datetime

    def is_old(self, entry: ParsedArticle) -> bool:
        """Whether it was there at the last good poll, by its date."""
        return entry.published_at is not None and entry.published_at < self.after

    def holds(self, entry: ParsedArticle) -> bool:
        """Whether it can be new although it stands behind what is known."""
        return entry.published_at is not None and entry.published_at >= self.connected_at


@dataclass(frozen=True, slots=True)
class Older:
    """Articles behind the first page.

    `whole`: they reach back to what is known. `may_retry`: they do not, yet another try may.
    """

    entries: tuple[ParsedArticle, ...]
    whole: bool
    may_retry: bool = False


def older_entries(
    found: FoundFeed, *, judge: Judge, since: datetime, connected_at: datetime, rest_url: str
) -> Older:
    """Return the unknown articles behind the first page, the newest first.

    Reads the feed's own pages, else the site's posts where every post belongs into the feed.
    Raises nothing.

    Args:
        judge: says what the ledger knows.
        since: the last good poll.
        connected_at: behind what is known, nothing from before counts; it was there already.
    """
    ends = time.monotonic() + SECONDS
    reach = Reach(after=since - REACH, connected_at=connected_at)
    tries = []
    for pages in (_feed_pages(found), _post_pages(found, rest_url)):
        tries.append(_collect(found.parsed.entries, pages, judge, reach, ends=ends))
        if tries[-1].whole:
            return tries[-1]
    best = max(tries, key=lambda one: len(one.entries))
    return replace(best, may_retry=any(one.may_retry for one in tries))


def _collect(
    first: Sequence[ParsedArticle],
    pages: Iterable[Sequence[ParsedArticle]],
    judge: Judge,
    reach: Reach,
    *,
    ends: float,
) -> Older:
    """Gather until a page ends with what is known or too old; such as repeat lead nowhere."""
    seen = {entry.key for entry in first}
    found: list[ParsedArticle] = []
    repeated = 0
    try:
        for page in pages:
            fresh = [entry for entry in page if entry.key not in seen]
            seen |= {entry.key for entry in fresh}
            new, is_end = _new_of(fresh, judge, reach)
            found += new
            if is_end:
                return Older(tuple(found), whole=True)
            repeated += not fresh
            if repeated > 1 or len(found) >= MOST_ARTICLES:
                return Older(tuple(found), whole=False)
            if time.monotonic() > ends:
                return Older(tuple(found), whole=False, may_retry=True)
    except (FetchError, UnreadableFeed) as error:
        log.info("older_page_not_read", reason=str(error))
        may_retry = isinstance(error, TemporaryError)
        return Older(tuple(found), whole=False, may_retry=may_retry)
    return Older(tuple(found), whole=True)


def _new_of(
    fresh: list[ParsedArticle], judge: Judge, reach: Reach
) -> tuple[list[ParsedArticle], bool]:
    """Return the new entries of a page, and whether it ends with what is known or too old."""
    standing = judge(fresh)
    new: list[ParsedArticle] = []
    in_a_row, behind = 0, False
    for entry in fresh:
        is_known = entry.key in standing.ends or reach.is_old(entry)
        behind = behind or is_known
        is_end = is_known or (behind and not reach.holds(entry))
        in_a_row = in_a_row + 1 if is_end else 0
        if not is_end and entry.key in standing.new:
            new.append(entry)
    return new, 0 < min(len(fresh), ENOUGH_KNOWN) <= in_a_row


def _feed_pages(found: FoundFeed) -> Iterator[Sequence[ParsedArticle]]:
    """Yield the pages that the feed names itself (RFC 5005), else those of WordPress."""
    for number in range(2, MOST_PAGES):
        url = found.parsed.next_url or _paged(found, number)
        if not url:
            raise UnreadableFeed("The feed has no further pages.")
        try:
            older = read_fetched(get(url, max_seconds=PAGE_SECONDS), url=url)
        except FetchError as error:
            if error.status == 404:  # WordPress beyond its last page
                return
            raise
        yield older.parsed.entries
        if found.parsed.next_url:
            if not older.parsed.next_url:
                return
            found = older
    raise UnreadableFeed("The feed has too many pages.")


def _paged(found: FoundFeed, number: int) -> str:
    if not found.parsed.is_wordpress:
        return ""
    mark = "&" if urlsplit(found.fetched.url).query else "?"
    return f"{found.fetched.url}{mark}{urlencode({'paged': number})}"


def _post_pages(found: FoundFeed, rest_url: str) -> Iterator[Sequence[ParsedArticle]]:
    """Yield the site's posts, if its feed shows all of them and leaves none out."""
    if not rest_url or not is_main_feed(found.fetched.url, rest_url):
        raise UnreadableFeed("The feed is not that of the whole site.")
    shown = {entry.key for entry in found.parsed.entries}
    oldest = min(
        (one.published_at for one in found.parsed.entries if one.published_at), default=None
    )
    for posts in posts_by_page(rest_url, count=POSTS_PER_PAGE):
        if oldest is None or any(
            post.key not in shown and (not post.published_at or post.published_at > oldest)
            for post in posts
        ):
            raise UnreadableFeed("The feed leaves out some of the site's posts.")
        yield [post if found.parsed.has_full_text else _excerpt_only(post) for post in posts]


def _excerpt_only(post: ParsedArticle) -> ParsedArticle:
    """Give no more of an article than the site's feed would."""
    return replace(post, content_html="", images=())
