"""The ledger: which articles digests may carry, in the order in which we learned of them."""

from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import defer

from newsletter.articles.models import ARTICLE_TRANSITIONS, Article, ArticleState
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.models import Publication

log = structlog.get_logger()


class WrongState(PermanentError):
    """An article whose state does not allow what was asked."""


def lock_ledger(publication_id: int) -> Publication:
    """Return the publication, its row locked until the unit of work ends.

    Whoever gives out positions holds this lock, so positions become visible in their order and
    no reader's cursor can pass one that is still to come. NO KEY UPDATE, since a signup inserts
    rows that refer to the publication and need not wait. On SQLite the unit of work itself is
    the only writer.
    """
    db.session.flush()
    return db.session.get_one(
        Publication,
        publication_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )


def next_position(publication: Publication) -> int:
    """Give out the next position; the caller holds the lock on the ledger."""
    publication.last_position += 1
    return publication.last_position


def hold(article: Article, reason: str, now: datetime, *, keep_position: bool = False) -> None:
    """Keep an open article out of digests until staff release it.

    `keep_position` is for an article that some readers have had: see `release`.
    """
    _change(article, ArticleState.HELD)
    if not keep_position:
        article.position = None
    article.reason, article.held_until = reason, None
    _log("article_held", article, now)


def release(article: Article, now: datetime, *, keep_position: bool = False) -> None:
    """Let digests carry an article, at the end of the ledger: every cursor is still before it.

    With `keep_position` it takes its old place again, so that readers whose cursor has passed
    it do not get it a second time. `digests.withhold` knows which articles have gone out.
    """
    publication = lock_ledger(article.publication_id)
    _change(article, ArticleState.OPEN)
    if not keep_position:
        article.position = next_position(publication)
    elif article.position is None:
        raise WrongState("The article has gone out already and lost its place; it stays held.")
    article.reason, article.held_until, article.released_at = "", None, now
    _log("article_released", article, now)


def drop(article: Article, reason: str, now: datetime) -> None:
    """Decide that no digest will carry an article."""
    _change(article, ArticleState.DROPPED)
    article.reason = reason
    _log("article_dropped", article, now)


def newest_open(publication_id: int, *, limit: int = 20) -> list[Article]:
    """Return the open articles that were learned of last, the newest first."""
    statement = (
        sa.select(Article)
        .where(Article.publication_id == publication_id, Article.state == ArticleState.OPEN)
        .where(Article.position.is_not(None))
        .order_by(Article.position.desc())
        .limit(limit)
        .options(defer(Article.content_html))
    )
    return list(db.session.scalars(statement))


def _change(article: Article, state: ArticleState) -> None:
    """Move the article to `state`, reading its row afresh: two editors may click at once."""
    db.session.refresh(article, with_for_update=True)
    if state not in ARTICLE_TRANSITIONS[article.state]:
        raise WrongState(f"The article is {article.state.value} and cannot become {state.value}.")
    article.state = state


def _log(event: str, article: Article, now: datetime) -> None:
    db.session.flush()
    log.info(event, article_id=article.id, at=now.isoformat())
