"""Hold and release articles with regard to what has gone out, so that nobody gets one twice."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles import ledger
from newsletter.articles.models import Article
from newsletter.digests.models import Digest, DigestArticle
from newsletter.extensions import db


def has_gone_out(article_id: int) -> bool:
    """Whether a digest that was published carries the article: some readers may have it."""
    carried = sa.exists().where(
        DigestArticle.article_id == article_id,
        DigestArticle.digest_id == Digest.id,
        Digest.published_at.is_not(None),
    )
    return bool(db.session.scalar(sa.select(carried)))


def hold_article(*, article: Article, reason: str, now: datetime) -> None:
    """Keep an article out of further digests; one that has gone out keeps its place."""
    # The row first: a digest that is frozen with it this moment holds on to it.
    db.session.refresh(article, with_for_update=True)
    ledger.hold(article, reason, now, keep_position=has_gone_out(article.id))


def release_article(*, article: Article, now: datetime) -> None:
    """Let digests carry an article: for all readers, or for those it has not reached yet.

    Raises:
        WrongState: its state does not allow it.
    """
    ledger.release(article, now, keep_position=has_gone_out(article.id))
