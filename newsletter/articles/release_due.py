"""Release future-dated articles by themselves, once their date has come."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.ledger import lock_ledger, release
from newsletter.articles.models import Article, ArticleState
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue


def publications_with_due(now: datetime) -> list[int]:
    """Return the publications of which an article is due for its release."""
    return list(db.session.scalars(sa.select(Article.publication_id).where(_due(now)).distinct()))


def release_due(*, publication_id: int, now: datetime) -> int:
    """Release what is due of one publication, in the order of the dates; return how many."""
    lock_ledger(publication_id)
    due = db.session.scalars(
        sa.select(Article)
        .where(Article.publication_id == publication_id, _due(now))
        .order_by(Article.held_until, Article.id)
    ).all()
    for article in due:
        date = article.held_until
        release(article, now)
        article.held_until = date  # its story tells that it came by itself
    if due:
        enqueue(Job.START_DUE_DIGESTS)
    return len(due)


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Article.state == ArticleState.HELD, Article.held_until <= now)
