"""Who gets a correction: exactly those who were mailed other words of the article."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.article_readers import carrying_variants
from newsletter.deliveries.models import WAITING, Delivery, DeliveryState
from newsletter.digests.audience import select_readers
from newsletter.digests.expectation import Expectation
from newsletter.digests.models import Digest, DigestArticle
from newsletter.digests.revisions import current_revision
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription

#: Deliveries by which a reader has, or is about to have, what they carry.
_HAS = (DeliveryState.SENT, *WAITING)


def readers_to_correct(
    *columns: Any,
    article: Article,
    revision_id: int | None,
    between: tuple[int, int] | None = None,
) -> sa.Select[Any]:
    """Select `columns` of the subscriptions that are mailed a correction of the article.

    They were sent it in other words than the right ones, have not been sent the right ones
    besides, are still confirmed and not suppressed. What was mailed before revisions were kept
    counts as other words.

    Args:
        revision_id: the right words; None if no digest has carried them yet.
        between: only subscriptions after the first id and up to the second; told to each part
            of the statement, so that a slice reads its own deliveries alone.
    """
    outdated, current = _digests_by_words(article, revision_id)
    return select_readers(*columns, publication_id=article.publication_id).where(
        Subscription.id.in_(_sent(article, outdated, (DeliveryState.SENT,), between)),
        Subscription.id.not_in(_sent(article, current, _HAS, between)),
    )


def expect_correction(*, article: Article, now: datetime) -> Expectation:
    """Count the readers of a correction; those who pause get none, and are `left_out`."""
    paused = sa.func.count().filter(Subscription.paused_until > now)
    languages = sa.func.count(Subscription.language.distinct())
    right = current_revision(article)
    statement = readers_to_correct(
        sa.func.count(), paused, languages, article=article, revision_id=right.id if right else None
    )
    total, left_out, variants = db.session.execute(statement).one()
    return Expectation(mailed=total - left_out, left_out=left_out, variants=variants)


def _digests_by_words(article: Article, revision_id: int | None) -> tuple[list[int], list[int]]:
    """Return the digests that carried the article in other words, and those in the right ones."""
    rows = db.session.execute(
        sa.select(DigestArticle.digest_id, DigestArticle.revision_id)
        .join(Digest, Digest.id == DigestArticle.digest_id)
        .where(DigestArticle.article_id == article.id, Digest.published_at.is_not(None))
    ).all()
    right = [row.digest_id for row in rows if revision_id and row.revision_id == revision_id]
    return [row.digest_id for row in rows if row.digest_id not in right], right


def _sent(
    article: Article,
    digest_ids: list[int],
    states: tuple[DeliveryState, ...],
    between: tuple[int, int] | None,
) -> sa.Select[int]:
    variants = carrying_variants(article_id=article.id, digest_ids=digest_ids)
    statement = sa.select(Delivery.subscription_id).where(
        Delivery.digest_id.in_(digest_ids),
        Delivery.variant_id.in_(variants),
        Delivery.state.in_(states),
    )
    if between is None:
        return statement
    after, upto = between
    return statement.where(Delivery.subscription_id > after, Delivery.subscription_id <= upto)
