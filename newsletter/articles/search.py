"""Search the articles that the public may read."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from newsletter.articles.find import READABLE
from newsletter.articles.models import Article
from newsletter.articles.search_index import Asked, ids_matching
from newsletter.articles.search_words import Wanted
from newsletter.extensions import db
from newsletter.publications.models import Publication

#: Where all that is wanted stands, the best first: the headline, headline and standfirst, next to
#: each other, anywhere. Of equals the newest comes first, as readers of news expect.
RANKS = (
    Asked(parts=("title",)),
    Asked(parts=("title", "standfirst")),
    Asked(adjacent=True),
)


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found, and how much there is in all."""

    articles: list[Article]
    total: int


def search_articles(
    publication: Publication, wanted: Wanted, *, limit: int, offset: int = 0
) -> Hits:
    """Return readable articles in which all that is wanted occurs, the best hits first."""
    if not wanted:
        return Hits([], 0)
    conditions = (
        Article.publication_id == publication.id,
        Article.state.in_(READABLE),
        Article.id.in_(ids_matching(wanted, Asked())),
    )
    total = db.session.scalar(sa.select(sa.func.count(Article.id)).where(*conditions)) or 0
    statement = (
        sa.select(Article)
        .where(*conditions)
        .order_by(_rank(wanted), Article.published_at.desc(), Article.id.desc())
        .limit(limit)
        .offset(offset)
        .options(selectinload(Article.topics))
    )
    return Hits(list(db.session.scalars(statement)), total)


def _rank(wanted: Wanted) -> sa.ColumnElement[int]:
    """Return the number of the first of the `RANKS` that an article reaches."""
    reached = [
        (Article.id.in_(ids_matching(wanted, asked)), sa.literal(place))
        for place, asked in enumerate(RANKS)
    ]
    return sa.case(*reached, else_=sa.literal(len(RANKS)))
