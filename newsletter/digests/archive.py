"""The archive: sent digests as readers of the web see them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, selectinload

from newsletter.articles.models import Article
from newsletter.digests.models import Digest, DigestArticle, DigestKind, DigestState
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication

#: A digest is on the web from the moment its words are frozen.
PUBLIC = (DigestState.SENDING, DigestState.SENT)

#: What a digest's page or a list of digests shows of an article; never its whole text.
_ITS_ARTICLES = (
    selectinload(Digest.articles)
    .joinedload(DigestArticle.article)
    .options(defer(Article.content_html), selectinload(Article.pictures))
)


def sent_digests(
    publication: Publication, *, limit: int, offset: int = 0, cadence: Cadence | None = None
) -> Sequence[Digest]:
    """Return digests with their articles, newest first; instant ones only if asked for.

    Those at readers' own hours would repeat what stands in that of the publication's hour.
    """
    statement = (
        sa.select(Digest)
        .where(Digest.publication_id == publication.id, Digest.state.in_(PUBLIC))
        .where(Digest.kind == DigestKind.DIGEST, Digest.at_own_hours.is_(False))
        .options(_ITS_ARTICLES)
        .order_by(Digest.slot.desc(), Digest.id.desc())
        .limit(limit)
        .offset(offset)
    )
    wanted = Digest.cadence != Cadence.INSTANT if cadence is None else Digest.cadence == cadence
    return db.session.scalars(statement.where(wanted)).all()


def digest_pages(publication: Publication, *, limit: int) -> Sequence[sa.Row[str, datetime]]:
    """Return the names of public digests and when they went out, newest first.

    Instant ones are left out, since they repeat one article, and those at readers' own hours, since
    they repeat what stands in that of the publication's hour.
    """
    moment = sa.func.coalesce(Digest.published_at, Digest.slot)
    statement = (
        sa.select(Digest.slug, moment)
        .where(
            Digest.publication_id == publication.id,
            Digest.state.in_(PUBLIC),
            Digest.kind == DigestKind.DIGEST,
            Digest.at_own_hours.is_(False),
            Digest.cadence != Cadence.INSTANT,
        )
        .order_by(Digest.slot.desc(), Digest.id.desc())
        .limit(limit)
    )
    return db.session.execute(statement).all()


def digest_by_slug(slug: str) -> Digest | None:
    """Return a public digest with its articles."""
    statement = (
        sa.select(Digest)
        .where(Digest.slug == slug, Digest.state.in_(PUBLIC))
        .where(Digest.kind == DigestKind.DIGEST)
        .options(
            joinedload(Digest.publication),
            _ITS_ARTICLES,
        )
    )
    return db.session.scalar(statement)


def latest_digest(publication: Publication) -> Digest | None:
    """Return the newest digest that went out by a cadence of the clock."""
    return next(iter(sent_digests(publication, limit=1)), None)


def web_articles(digest: Digest) -> list[DigestArticle]:
    """Return what the digest's page shows: not what only readers further behind were sent.

    A digest that only brought those up to date shows what they got.
    """
    after = digest.position_from
    fresh = [one for one in digest.articles if (one.article.position or 0) > after]
    return fresh or list(digest.articles)
