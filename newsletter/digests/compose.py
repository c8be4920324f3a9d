"""Which articles a reader gets: a pure choice by her cursor and topics."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.models import Article, ArticleState, article_topics
from newsletter.extensions import db


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the choice needs to know of an article."""

    id: int
    position: int
    published_at: datetime
    topics: frozenset[int]


def choose(
    candidates: Sequence[Candidate], *, cursor: int, topics: frozenset[int]
) -> tuple[int, ...]:
    """Return the ids of the articles after `cursor` that touch `topics`, in the order given.

    Args:
        topics: the reader's; empty means every article.
    """
    return tuple(
        one.id
        for one in candidates
        if one.position > cursor and (not topics or one.topics & topics)
    )


def new_ones(candidates: Sequence[Candidate], *, after: int) -> list[Candidate]:
    """Return what is new since the last digest; all of it, if it only brings up the hindmost.

    This is what the digest is to everybody who is up to date: its page, its proof, its name.
    """
    return [one for one in candidates if one.position > after] or list(candidates)


def candidates_between(publication_id: int, *, after: int, upto: int) -> list[Candidate]:
    """Return the open articles after one position and up to another, newest first."""
    rows = db.session.execute(
        sa.select(Article.id, Article.position, Article.published_at)
        .where(Article.publication_id == publication_id, Article.state == ArticleState.OPEN)
        .where(Article.position > after, Article.position <= upto)
        .order_by(Article.published_at.desc(), Article.position.desc())
    ).all()
    topics = _topics_of([row.id for row in rows])
    return [
        Candidate(
            id=row.id,
            position=row.position or 0,
            published_at=row.published_at,
            topics=topics.get(row.id, frozenset()),
        )
        for row in rows
    ]


def _topics_of(article_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    rows = db.session.execute(
        sa.select(article_topics.c.article_id, article_topics.c.topic_id).where(
            article_topics.c.article_id.in_(list(article_ids))
        )
    )
    for article_id, topic_id in rows:
        found.setdefault(article_id, set()).add(topic_id)
    return {article_id: frozenset(topics) for article_id, topics in found.items()}
