"""Find articles for pages: one by its slug, related ones, the newest, and the admin's list."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import defer, selectinload

from newsletter.articles.models import Article, ArticleState, article_topics
from newsletter.extensions import db
from newsletter.publications.models import Publication, Topic

#: What the public may read: held and dropped articles have no page.
READABLE = (ArticleState.OPEN, ArticleState.KNOWN)


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
    """Return readable articles that share most topics with this one, the newest first."""
    topic_ids = [topic.id for topic in article.topics]
    shared = sa.func.count(article_topics.c.topic_id)
    ids = (
        sa.select(Article.id)
        .join(article_topics, article_topics.c.article_id == Article.id)
        .where(
            article_topics.c.topic_id.in_(topic_ids),
            Article.publication_id == article.publication_id,
            Article.state.in_(READABLE),
            Article.id != article.id,
        )
        .group_by(Article.id, Article.published_at)
        .order_by(shared.desc(), Article.published_at.desc(), Article.id.desc())
        .limit(limit)
    )
    order = {article_id: place for place, article_id in enumerate(db.session.scalars(ids))}
    found = db.session.scalars(sa.select(Article).where(Article.id.in_(order)))
    return sorted(found, key=lambda one: order[one.id])


def latest_articles(publication: Publication, limit: int) -> list[Article]:
    """Return the newest readable articles."""
    statement = (
        sa.select(Article)
        .where(Article.publication_id == publication.id, Article.state.in_(READABLE))
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(limit)
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
