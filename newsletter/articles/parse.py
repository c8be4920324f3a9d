"""Read a feed of any kind into articles."""

import json
from typing import Any

from newsletter.articles.assemble import assemble
from newsletter.articles.decode import decode
from newsletter.articles.feed_xml import read_xml
from newsletter.articles.json_feed import read_json_feed
from newsletter.articles.mend_xml import MOST_ENTRIES, find_root
from newsletter.articles.raw import RawFeed
from newsletter.articles.shapes import FeedKind, ParsedArticle, ParsedFeed, ParsedImage
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.articles.web_page import feeds_named, is_web_page
from newsletter.articles.wordpress import is_wordpress, read_wordpress

__all__ = ["FeedKind", "ParsedArticle", "ParsedFeed", "ParsedImage", "UnreadableFeed", "parse"]


def parse(content: bytes, *, content_type: str = "", url: str = "") -> ParsedFeed:
    """Return the feed in a document: RSS, Atom, JSON Feed or posts of WordPress' REST interface.

    `content_type` is the header it came with, `url` the address it came from. Raises
    UnreadableFeed with a sentence for staff where the document is something else.
    """
    text, warnings = decode(content, content_type=content_type)
    text = text.strip("\ufeff\x00 \t\r\n")
    if not text:
        raise UnreadableFeed("The document is empty.")
    raw = _read_json(text) if text[0] in "{[" else _read_markup(text, url)
    raw.warnings[:0] = warnings
    return assemble(raw, url=url)


def _read_markup(text: str, url: str) -> RawFeed:
    root = find_root(text)
    if root is None:
        _explain(text, url)
    return read_xml(text, url=url)


def _explain(text: str, url: str) -> None:
    """Raise the sentence that says what the document is instead of a feed."""
    start = text[:2000].lower()
    if "<opml" in start:
        raise UnreadableFeed("This is a list of feeds (OPML), not a feed.")
    if "<urlset" in start or "<sitemapindex" in start:
        raise UnreadableFeed("This is a sitemap, not a feed.")
    if is_web_page(text):
        feeds = feeds_named(text, url=url)
        named = f" The page names {_list(feeds)}." if feeds else " The page names no feed."
        raise UnreadableFeed("This is a web page, not a feed." + named, feeds=feeds)
    raise UnreadableFeed("The document is not a feed: it is neither RSS nor Atom nor JSON.")


def _list(feeds: tuple[str, ...]) -> str:
    return ("this feed: " if len(feeds) == 1 else "these feeds: ") + ", ".join(feeds)


def _read_json(text: str) -> RawFeed:
    try:
        document: Any = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise UnreadableFeed("The document is damaged JSON.") from None
    if isinstance(document, list) and (is_wordpress(document) or not document):
        raw = read_wordpress(_capped(document))
        over = len(document) > MOST_ENTRIES
    elif isinstance(document, dict) and isinstance(document.get("items"), list):
        over = len(document["items"]) > MOST_ENTRIES
        raw = read_json_feed(document | {"items": _capped(document["items"])})
    else:
        raise UnreadableFeed(_not_a_json_feed(document))
    if over:
        raw.warnings.append(
            f"The feed has more than {MOST_ENTRIES} articles; only the first were read."
        )
    return raw


def _capped(items: list[Any]) -> list[Any]:
    return items[:MOST_ENTRIES]


def _not_a_json_feed(document: Any) -> str:
    message = document.get("message") if isinstance(document, dict) else None
    if isinstance(message, str) and "code" in document:
        return f"The site answered with an error: {message[:200]}"
    return "The document is JSON, but neither a JSON Feed nor a list of WordPress posts."
