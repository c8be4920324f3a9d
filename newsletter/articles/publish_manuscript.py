"""Publish a manuscript: into the ledger like a feed's article, or over the words it had."""

from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
import structlog

from newsletter.articles.article_slugs import ArticleSlugs
from newsletter.articles.compose_written import compose_written
from newsletter.articles.describe import describe, refresh
from newsletter.articles.ledger import lock_ledger, next_position
from newsletter.articles.list_pictures import list_pictures
from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.models import Article, ArticleState
from newsletter.articles.search_index import index_articles
from newsletter.articles.shapes import STAFF_KEY, ParsedArticle
from newsletter.articles.written import UnusableText, check_complete, written_of
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Publication
from newsletter.publications.topics import topics_named

log = structlog.get_logger()

#: Nobody publishes the same words twice on purpose within so long.
TWIN_WITHIN = timedelta(minutes=10)


def publish_manuscript(*, manuscript: Manuscript, now: datetime) -> Article:
    """Make the manuscript's words those of its article, which it gets if it has none.

    A new one is open, at the end of the ledger. One that was published before keeps its place and
    state; readers who were sent other words can be sent a correction.

    Raises:
        UnusableText: it has no headline or no text, or was published a moment ago as another.
    """
    written = written_of(manuscript)
    check_complete(written)
    publication = lock_ledger(manuscript.publication_id)
    article = manuscript.article
    key = article.key if article else f"{STAFF_KEY}{uuid4()}"
    entry = compose_written(written, key=key, language=publication.language)
    topics = topics_named(publication, written.topics)
    if article is None:
        _refuse_twin(publication, entry, now=now)
        article = _enter(publication, entry, now=now)
        article.topics = topics
        manuscript.article = article
        enqueue(Job.START_DUE_DIGESTS)
    else:
        refresh(article, entry, topics, language=publication.language, now=now)
    db.session.flush()
    list_pictures(article, now=now)
    index_articles([article])
    manuscript.published_version = manuscript.version
    db.session.flush()
    log.info("manuscript_published", manuscript_id=manuscript.id, article_id=article.id)
    return article


def _refuse_twin(publication: Publication, entry: ParsedArticle, *, now: datetime) -> None:
    """Refuse what a second press of the button sends: readers would get the article twice.

    Raises:
        UnusableText.
    """
    twin = sa.exists().where(
        Article.publication_id == publication.id,
        Article.published_at > now - TWIN_WITHIN,
        Article.key.startswith(STAFF_KEY),
        Article.title == entry.title,
        Article.content_html == entry.content_html,
    )
    if db.session.scalar(sa.select(twin)):
        raise UnusableText({"title": "This very article was published a moment ago."})


def _enter(publication: Publication, entry: ParsedArticle, *, now: datetime) -> Article:
    """Add the article to the ledger; dated now, it is subject to none of the rules for dates."""
    position = next_position(publication)
    article = Article(
        publication_id=publication.id,
        key=entry.key,
        slug=ArticleSlugs([entry]).take(entry, position),
        position=position,
        state=ArticleState.OPEN,
        found_at=now,
        published_at=now,
        source_date=now,
    )
    describe(article, entry, language=publication.language)
    db.session.add(article)
    return article
