"""Get a feed from the network and read it; no database, so nothing waits while a server does."""

from dataclasses import dataclass, replace

from newsletter.articles.fetch import Fetched, fetch
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.parse import parse
from newsletter.articles.shapes import ParsedFeed, RestAnswer
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.config import settings

#: Of the feeds that a web page announces, how many are tried.
MOST_TRIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that was fetched and read; `url` is where polls will ask for it."""

    url: str
    fetched: Fetched
    parsed: ParsedFeed
    rest: RestAnswer | None = None
    #: Whether articles behind its first page are still missing; None: nobody looked.
    gap: bool | None = None
    #: Of its entries so many stand on older pages.
    behind: int = 0


def get(url: str, *, etag: str = "", last_modified: str = "", max_seconds: float = 20.0) -> Fetched:
    """Fetch `url` as this installation's settings allow."""
    return fetch(
        url,
        etag=etag or None,
        last_modified=last_modified or None,
        allow=settings.fetch_allowed,
        max_seconds=max_seconds,
        base_url=settings.base_url,
    )


def find_feed(*, url: str) -> FoundFeed:
    """Return the feed at `url`, or the one that the web page there announces.

    An address typed without its beginning ("www.example.org") is taken as https.

    Raises:
        FetchError, UnreadableFeed: one sentence for staff.
    """
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    fetched = get(url)
    try:
        return read_fetched(fetched, url=url)
    except UnreadableFeed as error:
        if not error.feeds:
            raise
        return _announced(url, error)


def read_fetched(fetched: Fetched, *, url: str) -> FoundFeed:
    """Read an answer that was fetched from `url`."""
    parsed = parse(fetched.content, content_type=fetched.content_type, url=fetched.url)
    return FoundFeed(url=fetched.permanent_url or url, fetched=fetched, parsed=parsed)


def _announced(page: str, error: UnreadableFeed) -> FoundFeed:
    for url in error.feeds[:MOST_TRIED]:
        try:
            found = read_fetched(get(url), url=url)
        except (FetchError, UnreadableFeed):
            continue
        note = f"{page} is a web page; this is the feed that it announces, {url}."
        return replace(found, parsed=replace(found.parsed, warnings=(note, *found.parsed.warnings)))
    raise error
