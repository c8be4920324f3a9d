"""Readable articles by topic: which topics there are, how many articles, and which."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer, selectinload

from newsletter.articles.find import READABLE
from newsletter.articles.models import Article, article_topics
from newsletter.extensions import db
from newsletter.publications.models import Publication, Topic


@dataclass(frozen=True, slots=True)
class TopicCount:
    """A topic with the number of its readable articles and the date of the newest."""

    topic: Topic
    articles: int
    newest: datetime


def counted_topics(publication: Publication) -> list[TopicCount]:
    """Return the topics that have readable articles, by name."""
    count = sa.func.count(Article.id)
    statement = (
        sa.select(Topic, count, sa.func.max(Article.published_at))
        .join(article_topics, article_topics.c.topic_id == Topic.id)
        .join(Article, Article.id == article_topics.c.article_id)
        .where(Topic.publication_id == publication.id, Article.state.in_(READABLE))
        .group_by(Topic.id)
    )
    found = [TopicCount(*row) for row in db.session.execute(statement)]
    return sorted(found, key=lambda one: (one.topic.name.casefold(), one.topic.id))


def public_topic(publication: Publication, slug: str) -> Topic | None:
    """Return the topic called `slug` if readers can choose it or it has a readable article."""
    topic = db.session.scalar(
        sa.select(Topic).where(Topic.publication_id == publication.id, Topic.slug == slug)
    )
    if topic is None or topic.offered or articles_of(topic, limit=1):
        return topic
    return None


def articles_of(topic: Topic, *, limit: int, offset: int = 0) -> list[Article]:
    """Return the readable articles of a topic without their texts, the newest first."""
    statement = (
        sa.select(Article)
        .join(article_topics, article_topics.c.article_id == Article.id)
        .where(article_topics.c.topic_id == topic.id, Article.state.in_(READABLE))
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(limit)
        .offset(offset)
        .options(
            selectinload(Article.topics),
            selectinload(Article.pictures),
            defer(Article.content_html),
        )
    )
    return list(db.session.scalars(statement))
