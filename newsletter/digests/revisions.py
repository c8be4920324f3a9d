"""Revisions: the words of articles as digests carried them, and whether they were edited since."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.articles.plain_text import text_of
from newsletter.digests.models import Digest, DigestArticle, DigestKind, DigestState, Revision
from newsletter.extensions import db

#: What a reader reads. Pictures and links are not in it: sites renew their addresses.
WORDS = ("title", "author", "excerpt", "content_html", "image_caption")


#: Values per IN list: below the 999 parameters of older SQLite builds.
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Edit:
    """What readers were mailed of an article whose words are others now."""

    mailed: Revision
    mailed_at: datetime


def keep_revisions(articles: Sequence[Article], *, now: datetime) -> dict[int, int]:
    """Keep the words of articles as they are now; return the ids of the revisions by article.

    A digest may carry thousands for a reader far behind. Words that were mailed before are found
    by the database alone, without reading any text.
    """
    kept: dict[int, int] = {}
    for first in range(0, len(articles), _SLICE):
        some = articles[first : first + _SLICE]
        kept |= _mailed_alike([article.id for article in some])
        kept |= {
            article.id: keep_revision(article, now=now).id
            for article in some
            if article.id not in kept
        }
    return kept


def keep_revision(article: Article, *, now: datetime) -> Revision:
    """Return the revision of the article's words as they are now, kept if they are new."""
    revision = current_revision(article)
    if revision is None:
        words = {name: getattr(article, name) for name in WORDS}
        revision = Revision(
            article_id=article.id, words_hash=words_hash(article), kept_at=now, **words
        )
        db.session.add(revision)
        db.session.flush()
    return revision


def _mailed_alike(article_ids: Sequence[int]) -> dict[int, int]:
    """Return the revisions of those articles whose words are letter for letter the same."""
    same = (getattr(Article, name) == getattr(Revision, name) for name in WORDS)
    rows = db.session.execute(
        sa.select(Revision.article_id, Revision.id)
        .join(Article, Article.id == Revision.article_id)
        .where(Revision.article_id.in_(article_ids), *same)
    )
    return {article_id: revision_id for article_id, revision_id in rows}


def current_revision(article: Article) -> Revision | None:
    """Return the revision that has the article's present words, if a digest carried them."""
    return db.session.scalar(
        sa.select(Revision).where(
            Revision.article_id == article.id, Revision.words_hash == words_hash(article)
        )
    )


def edit_of(article: Article) -> Edit | None:
    """Return the edit that readers have not seen: what they were mailed last, if it differs.

    A correction with the present words settles what was mailed before it; who still waited for
    the older words then is to be corrected by another. Digests of before revisions were kept tell
    nothing.
    """
    mailed = (
        sa.select(Revision, Digest.published_at)
        .join(DigestArticle, DigestArticle.revision_id == Revision.id)
        .join(Digest, Digest.id == DigestArticle.digest_id)
        .where(DigestArticle.article_id == article.id, Digest.published_at.is_not(None))
        .where(Revision.words_hash != words_hash(article))
        .order_by(Digest.published_at.desc(), Digest.id.desc())
    )
    settled = _corrected_at(article)
    if settled is not None:
        going_on = sa.or_(Digest.finished_at.is_(None), Digest.finished_at > settled)
        mailed = mailed.where(going_on)
    row = db.session.execute(mailed.limit(1)).one_or_none()
    return None if row is None else Edit(mailed=row[0], mailed_at=row[1] or row[0].kept_at)


def edited_ones(articles: Sequence[Article]) -> set[int]:
    """Return the ids of those articles that were edited since they were mailed.

    The database finds those with other letters; only their texts are read.
    """
    others = sa.or_(*(getattr(Article, name) != getattr(Revision, name) for name in WORDS))
    ids = db.session.scalars(
        sa.select(Revision.article_id)
        .join(Article, Article.id == Revision.article_id)
        .where(Revision.article_id.in_([article.id for article in articles]), others)
    )
    suspects = set(ids)
    return {one.id for one in articles if one.id in suspects and edit_of(one) is not None}


def _corrected_at(article: Article) -> datetime | None:
    """Return when a correction carried the article's present words."""
    at: datetime | None = db.session.scalar(
        sa.select(sa.func.max(Digest.published_at))
        .join(DigestArticle, DigestArticle.digest_id == Digest.id)
        .join(Revision, Revision.id == DigestArticle.revision_id)
        .where(DigestArticle.article_id == article.id, Digest.kind == DigestKind.CORRECTION)
        .where(Digest.state.in_([DigestState.SENDING, DigestState.SENT]))
        .where(Revision.words_hash == words_hash(article))
    )
    return at


def words_hash(text: Article | Revision) -> str:
    """Return what is equal for equal words, however they are marked up."""
    words = [text.title, text.author, text.excerpt, text.image_caption, text_of(text.content_html)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
