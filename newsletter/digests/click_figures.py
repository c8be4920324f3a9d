"""The clicks of a digest as staff read them: by link, machines left out, few mails not told."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.digests.models import CountedLink, Digest, DigestArticle
from newsletter.digests.render import address_of
from newsletter.extensions import db

#: With fewer mails sent, clicks would tell who read what.
FEWEST_MAILS = 10


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """One link and how often it was opened."""

    url: str
    title: str  # of the article it leads to; else empty
    clicks: int


@dataclass(frozen=True, slots=True)
class ClickFigures:
    """The links of one digest, the most opened first."""

    links: Sequence[LinkFigures]
    clicks: int
    machine_clicks: int


def click_figures(digest: Digest) -> ClickFigures | None:
    """Return the figures; None where links were not counted."""
    statement = (
        sa.select(CountedLink)
        .where(CountedLink.digest_id == digest.id)
        .order_by(CountedLink.clicks.desc(), CountedLink.id)
    )
    links = db.session.scalars(statement).all()
    if not links:
        return None
    titles = _titles(digest)
    return ClickFigures(
        links=[LinkFigures(one.url, titles.get(one.url, ""), one.clicks) for one in links],
        clicks=sum(one.clicks for one in links),
        machine_clicks=sum(one.machine_clicks for one in links),
    )


def _titles(digest: Digest) -> dict[str, str]:
    """Return what the articles of a digest are called, by where their links lead."""
    articles = db.session.scalars(
        sa.select(Article)
        .join(DigestArticle, DigestArticle.article_id == Article.id)
        .where(DigestArticle.digest_id == digest.id)
    )
    return {address_of(article): article.title for article in articles}
