"""Where articles stand with regard to digests: carried by which, waited for by which cadences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.models import Article, ArticleState
from newsletter.digests.audience import DueReaders
from newsletter.digests.models import Digest, DigestArticle
from newsletter.extensions import db
from newsletter.publications.models import Cadence


@dataclass(slots=True)
class Whereabouts:
    """The published digests that carry an article, and the cadences it still waits for.

    Digests at readers' own hours are left out.
    """

    digests: list[Digest] = field(default_factory=list)
    waits_for: list[Cadence] = field(default_factory=list)


def whereabouts(
    articles: Sequence[Article], *, publication_id: int, upto: int, now: datetime
) -> dict[int, Whereabouts]:
    """Return the whereabouts of each article by its id, in a handful of queries for all.

    Args:
        upto: the last position given out in the publication.
    """
    found = {article.id: Whereabouts() for article in articles}
    for article_id, digest in _carrying(list(found)):
        found[article_id].digests.append(digest)
    for cadence in Cadence:
        due = DueReaders(publication_id=publication_id, cadence=cadence, upto=upto, now=now)
        lowest = due.lowest_cursor()
        for article in articles:
            if lowest is not None and _open_after(article, lowest):
                found[article.id].waits_for.append(cadence)
    return found


def _carrying(article_ids: list[int]) -> Sequence[tuple[int, Digest]]:
    statement = (
        sa.select(DigestArticle.article_id, Digest)
        .join(Digest, Digest.id == DigestArticle.digest_id)
        .where(DigestArticle.article_id.in_(article_ids), Digest.published_at.is_not(None))
        .where(Digest.at_own_hours.is_(False))  # many on one day, and all say the same
        .order_by(Digest.id)
    )
    return [(article_id, digest) for article_id, digest in db.session.execute(statement)]


def _open_after(article: Article, cursor: int) -> bool:
    return article.state is ArticleState.OPEN and (article.position or 0) > cursor
