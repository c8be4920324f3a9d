"""Sweep up pictures: list those of articles, read pages for want of one, fetch what waits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.article_page import fetch_page_image
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.fetch_pictures import due_pictures, fetch_pictures
from newsletter.articles.list_pictures import list_pictures, unlisted_articles
from newsletter.articles.models import Article, ArticleState
from newsletter.articles.shapes import ParsedImage
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Of one sweep, each minute: a site's server is asked for no more than a reader would ask.
MOST_LISTED = 50
MOST_PAGES = 5
MOST_PICTURES = 30
SECONDS = 25.0

PAGE_SECONDS = 10.0
MOST_PAGE_ATTEMPTS = 3
_PAGE_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ClaimedPage:
    """The page of an article that has no picture."""

    article_id: int
    link: str


def sweep_pictures(*, clock: Callable[[], datetime]) -> int:
    """Do a minute's worth of what waits; return how many pictures were stored.

    Opens its own units of work, with the network between them.
    """
    with unit_of_work():
        for article in unlisted_articles(MOST_LISTED):
            list_pictures(article, now=clock())
    for _ in range(MOST_PAGES):
        with unit_of_work():
            page = _claim_page(now=clock())
        if page is None:
            break
        _read_page(page)
    ids = due_pictures(now=clock(), limit=MOST_PICTURES)
    return fetch_pictures(ids, clock=clock, seconds=SECONDS)


def _claim_page(*, now: datetime) -> ClaimedPage | None:
    """Take the page of one article in hand; if the worker dies, it is due again in an hour."""
    article = db.session.scalar(
        sa.select(Article)
        .where(Article.read_page_at <= now, Article.state != ArticleState.DROPPED)
        .order_by(Article.read_page_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if article is None:
        return None
    article.page_attempts += 1
    is_last = article.page_attempts >= MOST_PAGE_ATTEMPTS
    article.read_page_at = None if is_last else now + _PAGE_WAIT
    db.session.flush()
    return ClaimedPage(article.id, article.link)


def _read_page(page: ClaimedPage) -> None:
    try:
        image = fetch_page_image(page.link, seconds=PAGE_SECONDS)
    except FetchError as error:
        log.info("article_page_not_read", article_id=page.article_id, reason=str(error))
        return
    with unit_of_work():
        _note_page(page.article_id, image)


def _note_page(article_id: int, image: ParsedImage | None) -> None:
    article = db.session.get(Article, article_id)
    if article is None:
        return
    article.read_page_at = None
    if image is not None and len(image.url) <= 2000:
        article.page_image_url, article.page_image_alt = image.url, image.alt
        article.pictures_listed_at = None
    db.session.flush()
