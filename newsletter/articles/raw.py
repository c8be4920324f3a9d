"""What the readers of each format hand over: the feed's own words, nothing cleaned yet."""

from dataclasses import dataclass, field

from newsletter.articles.shapes import FeedKind, ParsedImage


@dataclass(slots=True, kw_only=True)
class RawArticle:
    """One article as written; texts may be HTML, dates are strings in whatever form."""

    guid: str = ""
    link: str = ""
    title: str = ""
    authors: list[str] = field(default_factory=list)
    published: str = ""
    modified: str = ""
    categories: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)  # where the source tells them from categories
    content_html: str = ""
    summary_html: str = ""
    base_url: str = ""
    language: str = ""
    comment_count: str | int | None = None
    comments_url: str = ""
    images: list[ParsedImage] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class RawFeed:
    """A feed as written, and the warnings that reading it brought up."""

    kind: FeedKind
    title: str = ""
    site_url: str = ""
    language: str = ""
    hub_url: str | None = None
    self_url: str = ""
    next_url: str = ""  # the page with older articles (RFC 5005)
    generator: str = ""
    ttl_minutes: str = ""
    articles: list[RawArticle] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
