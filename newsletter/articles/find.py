"""Find articles for pages: one by its slug, related ones, the newest, and the admin's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer, selectinload

from newsletter.articles.models import Article, ArticleState, article_topics
from newsletter.extensions import db
from newsletter.publications.models import Publication, Topic

#: What the public may read: held and dropped articles have no page.
READABLE = (ArticleState.OPEN, ArticleState.KNOWN)

#: How many articles with a shared topic, before and after one, can be related to it.
NEAR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """A stretch of the admin's list; `before` continues it, None: this is its end."""

    articles: list[Article]
    before: int | None


def article_by_slug(slug: str) -> Article | None:
    """Return the readable article called `slug`."""
    return db.session.scalar(
        sa.select(Article).where(Article.slug == slug, Article.state.in_(READABLE))
    )


def related_articles(article: Article, limit: int = 3) -> list[Article]:
    """Return readable articles that share most topics with this one; of equals the nearest in time.

    Looked for are the nearest on either side: one of many years ago is no longer related.
    """
    near = [*_sharing(article, earlier=True), *_sharing(article, earlier=False)]
    near.sort(key=lambda one: (-one.shared, abs(one.published_at - article.published_at), -one.id))
    order = {one.id: place for place, one in enumerate(near[:limit])}
    found = db.session.scalars(
        sa.select(Article)
        .where(Article.id.in_(order))
        .options(
            selectinload(Article.topics),
            selectinload(Article.pictures),
            defer(Article.content_html),
        )
    )
    return sorted(found, key=lambda one: order[one.id])


def _sharing(article: Article, *, earlier: bool) -> Sequence[sa.Row[int, datetime, int]]:
    """Return id, date and number of shared topics of the nearest readable articles on one side."""
    moment, here = Article.published_at, article.published_at
    statement = (
        sa.select(Article.id, moment, sa.func.count(article_topics.c.topic_id).label("shared"))
        .join(article_topics, article_topics.c.article_id == Article.id)
        .where(
            article_topics.c.topic_id.in_([topic.id for topic in article.topics]),
            Article.publication_id == article.publication_id,
            Article.state.in_(READABLE),
            Article.id != article.id,
            moment <= here if earlier else moment > here,
        )
        .group_by(Article.id, moment)
        .order_by(moment.desc() if earlier else moment, Article.id.desc())
        .limit(NEAR)
    )
    return db.session.execute(statement).all()


def articles_only_here(publication: Publication, *, limit: int) -> Sequence[sa.Row[str, datetime]]:
    """Return the names of readable articles without a page at their publisher's, the newest first.

    With each comes when it was last changed.
    """
    moment = sa.func.coalesce(Article.modified_at, Article.published_at)
    statement = (
        sa.select(Article.slug, moment)
        .where(
            Article.publication_id == publication.id,
            Article.state.in_(READABLE),
            Article.link == "",
        )
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(limit)
    )
    return db.session.execute(statement).all()


def latest_articles(publication: Publication, limit: int) -> list[Article]:
    """Return the newest readable articles."""
    statement = (
        sa.select(Article)
        .where(Article.publication_id == publication.id, Article.state.in_(READABLE))
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(limit)
        .options(selectinload(Article.pictures))
    )
    return list(db.session.scalars(statement))


def list_articles(
    *,
    publication: Publication,
    state: ArticleState | None = None,
    search: str = "",
    topic: str = "",
    alarm_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> ArticlePage:
    """Return articles of any state for staff, the last learned of first, without their texts.

    `search` looks in titles and authors, `topic` is a topic's slug, `alarm_id` is of what held
    them together, `before` what the page before gave.
    """
    statement = (
        sa.select(Article)
        .where(Article.publication_id == publication.id)
        .order_by(Article.id.desc())
        .limit(limit + 1)
        .options(
            selectinload(Article.topics),
            selectinload(Article.feed),
            defer(Article.content_html),
        )
    )
    if state is not None:
        statement = statement.where(Article.state == state)
    if search.strip():
        wanted = search.strip()
        statement = statement.where(
            Article.title.icontains(wanted, autoescape=True)
            | Article.author.icontains(wanted, autoescape=True)
        )
    if topic:
        statement = statement.where(Article.topics.any(Topic.slug == topic))
    if alarm_id is not None:
        statement = statement.where(Article.alarm_id == alarm_id)
    if before is not None:
        statement = statement.where(Article.id < before)
    found = list(db.session.scalars(statement))
    rest = len(found) > limit
    return ArticlePage(articles=found[:limit], before=found[limit - 1].id if rest else None)
