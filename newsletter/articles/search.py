"""Search the articles that the public may read."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from newsletter.articles.find import READABLE
from newsletter.articles.models import Article
from newsletter.articles.search_index import matches, rank
from newsletter.articles.search_words import Wanted
from newsletter.extensions import db
from newsletter.publications.models import Publication

#: With more hits than these, words next to each other count no more than words apart: each text
#: would have to be looked at. Quotation marks still ask for it.
MOST_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found, and how much there is in all."""

    articles: list[Article]
    total: int


def search_articles(
    publication: Publication, wanted: Wanted, *, limit: int, offset: int = 0
) -> Hits:
    """Return readable articles in which all that is wanted occurs, the best hits first.

    Those rank first that have it all in the headline, then in headline and standfirst, then next to
    each other; of equals the newest, as readers of news expect.
    """
    if not wanted:
        return Hits([], 0)
    conditions = (
        Article.publication_id == publication.id,
        Article.state.in_(READABLE),
        matches(wanted),
    )
    total = db.session.scalar(sa.select(sa.func.count(Article.id)).where(*conditions)) or 0
    adjacent = len(wanted.phrases) > 1 and total <= MOST_LOOKED_AT
    statement = (
        sa.select(Article)
        .where(*conditions)
        .order_by(rank(wanted, adjacent=adjacent), Article.published_at.desc(), Article.id.desc())
        .limit(limit)
        .offset(offset)
        .options(selectinload(Article.topics), selectinload(Article.pictures))
    )
    return Hits(list(db.session.scalars(statement)), total)
