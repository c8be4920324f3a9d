"""Articles in the words that a digest was frozen with, whatever their feed says since."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from newsletter.articles.models import Article, ArticlePicture
from newsletter.digests.models import Digest, DigestArticle, Revision
from newsletter.digests.revisions import WORDS
from newsletter.extensions import db


def edited_since(digest: Digest) -> dict[int, Revision]:
    """Return the words of those articles that were edited after the digest was frozen.

    Fan-out renders after the freezing, hours after it if it was stopped half-way.
    """
    if digest.published_at is None:
        return {}
    others = sa.or_(*(getattr(Article, name) != getattr(Revision, name) for name in WORDS))
    revisions = db.session.scalars(
        sa.select(Revision)
        .join(DigestArticle, DigestArticle.revision_id == Revision.id)
        .join(Article, Article.id == Revision.article_id)
        .where(DigestArticle.digest_id == digest.id, others)
    )
    return {revision.article_id: revision for revision in revisions}


def as_frozen(articles: Iterable[Article], edited: Mapping[int, Revision]) -> list[Article]:
    """Return the articles as they are, but those of `edited` in the words of then."""
    return [
        _in_words(article, edited[article.id]) if article.id in edited else article
        for article in articles
    ]


def _in_words(article: Article, revision: Revision) -> Article:
    """Return a copy that belongs to no session, so that it is never stored."""
    columns = {column.key: getattr(article, column.key) for column in sa.inspect(Article).columns}
    copy = Article(**columns | {name: getattr(revision, name) for name in WORDS})
    pictures = [_beside(one, article, revision) for one in article.pictures]
    set_committed_value(copy, "topics", list(article.topics))
    set_committed_value(copy, "pictures", pictures)
    return copy


def _beside(one: ArticlePicture, article: Article, revision: Revision) -> ArticlePicture:
    """Return a copy of a picture's place; the article's own picture has the caption of then."""
    columns = sa.inspect(ArticlePicture).columns
    copy = ArticlePicture(**{column.key: getattr(one, column.key) for column in columns})
    set_committed_value(copy, "picture", one.picture)
    if one.picture.source_url == article.image_url:
        copy.caption = revision.image_caption
    return copy
