"""The readers of one article: who was mailed it, who waits, and who was left out and why."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.models import ACCEPTED, WAITING, Delivery, DeliveryState
from newsletter.digests.models import Digest, DigestArticle, DigestKind, Variant
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription, SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReaders:
    """Counts of readers; `skipped` is by reason, as deliveries keep it."""

    sent: int
    waiting: int
    failed: int
    skipped: dict[str, int]
    #: Due when a digest carried it, but it touches none of their topics.
    not_their_topics: int
    #: Paused now; they get it when they come back.
    paused: int


def article_readers(*, article: Article, now: datetime) -> ArticleReaders:
    """Count the readers of an article; corrections of it do not count."""
    digest_ids = _digests(article)
    variant_ids = carrying_variants(article_id=article.id, digest_ids=digest_ids)
    counts, skipped = _counts(digest_ids, variant_ids)
    return ArticleReaders(
        sent=sum(counts.get(state, 0) for state in ACCEPTED),
        waiting=sum(counts.get(state, 0) for state in WAITING),
        failed=counts.get(DeliveryState.FAILED, 0),
        skipped=skipped,
        not_their_topics=_left_out(article, digest_ids, variant_ids),
        paused=_paused(article, now=now),
    )


def carrying_variants(*, article_id: int, digest_ids: list[int]) -> list[int]:
    """Return the variants of some digests that carry the article."""
    listed = sa.literal(",") + Variant.article_ids + ","
    return list(
        db.session.scalars(
            sa.select(Variant.id)
            .where(Variant.digest_id.in_(digest_ids), listed.contains(f",{article_id},"))
            .order_by(Variant.id)
        )
    )


def _digests(article: Article) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(Digest.id)
            .join(DigestArticle, DigestArticle.digest_id == Digest.id)
            .where(DigestArticle.article_id == article.id, Digest.kind == DigestKind.DIGEST)
            .where(Digest.published_at.is_not(None))
        )
    )


def _counts(
    digest_ids: list[int], variant_ids: list[int]
) -> tuple[dict[DeliveryState, int], dict[str, int]]:
    rows = db.session.execute(
        sa.select(Delivery.state, Delivery.reason, sa.func.count())
        .where(Delivery.digest_id.in_(digest_ids), Delivery.variant_id.in_(variant_ids))
        .group_by(Delivery.state, Delivery.reason)
    )
    counts: dict[DeliveryState, int] = {}
    skipped: dict[str, int] = {}
    for state, reason, count in rows:
        counts[state] = counts.get(state, 0) + count
        if state is DeliveryState.SKIPPED:
            skipped[reason] = count
    return counts, skipped


def _left_out(article: Article, digest_ids: list[int], variant_ids: list[int]) -> int:
    """Count readers who were considered for the article and chose other topics.

    Those who confirmed after it had its position were never considered: their cursor began
    behind it.
    """
    elsewhere = sa.orm.aliased(Delivery)
    has_it = sa.exists().where(
        elsewhere.subscription_id == Delivery.subscription_id,
        elsewhere.digest_id.in_(digest_ids),
        elsewhere.variant_id.in_(variant_ids),
    )
    others = sa.or_(Delivery.variant_id.is_(None), Delivery.variant_id.not_in(variant_ids))
    since = article.released_at or article.found_at
    statement = (
        sa.select(sa.func.count(Delivery.subscription_id.distinct()))
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(Delivery.digest_id.in_(digest_ids), others, ~has_it)
        .where(sa.or_(Subscription.confirmed_at.is_(None), Subscription.confirmed_at <= since))
    )
    return int(db.session.scalars(statement).one())


def _paused(article: Article, *, now: datetime) -> int:
    if article.position is None:
        return 0
    statement = sa.select(sa.func.count()).where(
        Subscription.publication_id == article.publication_id,
        Subscription.state == SubscriptionState.CONFIRMED,
        Subscription.paused_until > now,
        Subscription.cursor < article.position,
    )
    return int(db.session.scalars(statement).one())
