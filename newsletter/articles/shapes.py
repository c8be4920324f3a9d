"""What reading a feed yields, before anything is stored."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

FeedKind = Literal["rss", "atom", "json"]

LONGEST_KEY = 255

#: How the key of an article begins that staff wrote, until a feed brings it too.
STAFF_KEY = "urn:uuid:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedImage:
    """One picture of an article; texts are plain and may be empty, sizes are pixels."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedArticle:
    """One article as its feed tells it; `content_html` is already clean."""

    guid: str
    link: str
    title: str
    author: str
    published_at: datetime | None
    modified_at: datetime | None
    categories: tuple[str, ...]
    content_html: str
    excerpt: str
    lead: str
    reading_minutes: int
    language: str | None
    comment_count: int | None
    comments_url: str
    image: ParsedImage | None
    images: tuple[ParsedImage, ...]
    #: What the article's own page shows to social networks, where somebody looked there.
    page_image: ParsedImage | None = None
    #: Tags where the source tells them from categories; topics only where readers may choose them.
    tags: tuple[str, ...] = ()
    #: WordPress' own record of it was read beside the feed.
    enriched: bool = False

    @property
    def key(self) -> str:
        """Identify the article within its feed, in at most 255 characters."""
        name = self.guid or self.link
        if not name:
            date = self.published_at.isoformat() if self.published_at else ""
            return "sha256:" + _digest(f"{self.title}\n{date}")
        return name if len(name) <= LONGEST_KEY else "sha256:" + _digest(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed and its articles; `warnings` are sentences for staff about what was odd."""

    title: str
    site_url: str
    language: str | None
    kind: FeedKind
    entries: tuple[ParsedArticle, ...]
    warnings: tuple[str, ...]
    hub_url: str | None
    #: The address that the feed gives itself; a hub knows it by that.
    self_url: str = ""
    #: The page with older articles (RFC 5005); empty where none is named.
    next_url: str = ""
    is_wordpress: bool = False
    ttl_seconds: int | None = None
    #: Whether it gives the text of its articles, not only excerpts.
    has_full_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAnswer:
    """What became of asking a site's REST interface; `note` says why it is closed or failed."""

    url: str
    is_open: bool | None  # None: it cannot be told yet
    note: str = ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
