"""Write what a feed says of an article into its row, within what the columns hold."""

from datetime import datetime
from typing import Any

from newsletter.articles.models import Article, ArticleState
from newsletter.articles.shapes import ParsedArticle
from newsletter.publications.models import Topic

#: What WordPress' own record knows better; a feed read alone does not take it back.
ENRICHED = (
    "author",
    "image_url",
    "image_alt",
    "image_caption",
    "image_credit",
    "image_width",
    "image_height",
)

#: A difference here lists the article's pictures anew.
PICTURED = ("content_html", "image_url", "image_alt", "image_caption", "image_credit")

LONGEST_URL = 2000
LONGEST_AUTHOR = 500
LONGEST_LANGUAGE = 16
LARGEST_COUNT = 2**31 - 1

#: What readers see of an article: a difference here is a modification.
SEEN = ("title", "content_html", "excerpt", "author", "link", "image_url", "image_caption")


def describe(article: Article, entry: ParsedArticle, *, language: str) -> bool:
    """Bring the row up to what the feed says now; say whether readers would see a difference."""
    details = _details(entry, language)
    if knows_better(article, entry):
        details |= {name: getattr(article, name) for name in ENRICHED}
    article.enriched = article.enriched or entry.enriched
    seen = any(getattr(article, name) != details[name] for name in SEEN)
    if any(getattr(article, name) != details[name] for name in PICTURED):
        article.pictures_listed_at = None
    for name, value in details.items():
        if getattr(article, name) != value:
            setattr(article, name, value)
    if entry.page_image:
        article.page_image_url = _url(entry.page_image.url)
        article.page_image_alt = _text(entry.page_image.alt)
    return seen


def refresh(
    article: Article, entry: ParsedArticle, topics: list[Topic], *, language: str, now: datetime
) -> bool:
    """Bring a known article up to date; its position and date stay. Say whether it changed."""
    changed = describe(article, entry, language=language)
    same_topics = {topic.id for topic in article.topics} == {topic.id for topic in topics}
    if not same_topics and not knows_better(article, entry):
        article.topics = topics
        changed = True
    if changed:
        article.modified_at = entry.modified_at or now
    return changed


def knows_better(article: Article, entry: ParsedArticle) -> bool:
    """Whether the row holds what WordPress' own record said, and `entry` is the feed alone."""
    return bool(article.enriched) and not entry.enriched


def note_date(article: Article, entry: ParsedArticle) -> None:
    """Note the date that the feed gives now; one that waits for its date follows it."""
    if entry.published_at is None:
        return
    if article.state is ArticleState.HELD and article.held_until is not None:
        article.published_at = article.held_until = entry.published_at
    article.source_date = entry.published_at


def title_of(entry: ParsedArticle) -> str:
    """Return the title as the row holds it; reading has named articles that came without one."""
    return _text(entry.title).strip() or "Untitled"


def _details(entry: ParsedArticle, language: str) -> dict[str, Any]:
    image = entry.image
    return {
        "title": title_of(entry),
        "link": _url(entry.link),
        "author": _text(entry.author)[:LONGEST_AUTHOR],
        "language": (_text(entry.language or language))[:LONGEST_LANGUAGE],
        "content_html": _text(entry.content_html),
        "excerpt": _text(entry.excerpt),
        "reading_minutes": max(1, _count(entry.reading_minutes) or 1),
        "comment_count": _count(entry.comment_count),
        "comments_url": _url(entry.comments_url),
        "image_url": _url(image.url) if image else "",
        "image_alt": _text(image.alt) if image else "",
        "image_caption": _text(image.caption) if image else "",
        "image_credit": _text(image.credit) if image else "",
        "image_width": _count(image.width) if image else None,
        "image_height": _count(image.height) if image else None,
    }


def _text(value: str) -> str:
    """Drop what a database cannot store: NUL, and halves of characters."""
    return value.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def _url(value: str) -> str:
    """Return the address, or none where it is too long: a cut one would lead elsewhere."""
    return _text(value) if len(value) <= LONGEST_URL else ""


def _count(value: int | None) -> int | None:
    return value if value is not None and 0 <= value <= LARGEST_COUNT else None
