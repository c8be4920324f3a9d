"""The links that the next digests will carry, asked for before their hour."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.html_tree import build
from newsletter.articles.link_checks import answers_to, resolve_links
from newsletter.articles.models import Article, ArticleState
from newsletter.config import settings
from newsletter.digests.add import previous_position
from newsletter.digests.models import Digest, DigestArticle, DigestKind, DigestState
from newsletter.digests.own_hours import due_for
from newsletter.digests.own_words import own_links
from newsletter.digests.preflight import hrefs
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.digests.render import address_of
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.schedule import CLOCK_CADENCES, next_slot

#: Before the hour; a page that is away for a moment is asked for three times until then.
LEAD = timedelta(minutes=15)
SECONDS = 45.0

#: Drafts are looked at for so long.
DRAFT_AGE = timedelta(days=1)


def check_links_ahead(*, clock: Callable[[], datetime]) -> int:
    """Ask for the pages behind links that go out soon; return how many answered.

    Those of digests that are due within minutes come first, then those of drafts and of digests
    that are held.
    """
    return resolve_links(_links_ahead(now=clock()), clock=clock, seconds=SECONDS)


def unasked_pages(digest: Digest, *, now: datetime) -> list[str]:
    """Return the pages of a digest's own articles that nobody has asked for yet.

    Instant digests go out at once, and articles of others may come in the last minute: the look
    ahead did not see them. None, if nobody would get the digest: the publisher's server is not
    asked in vain.
    """
    is_correction = digest.kind is DigestKind.CORRECTION
    if not (is_correction or due_for(digest, now=now).is_anybody()):
        return []
    carried = articles_by_id([one.id for one in carried_candidates(digest, now=now)])
    pages = list(filter(_leads_elsewhere, map(address_of, carried.values())))
    known = answers_to(pages, now=now)
    return [page for page in pages if page not in known]


def links_of(articles: Iterable[Article]) -> Iterator[str]:
    """Yield the links of articles that lead elsewhere, those to their own pages first."""
    some = list(articles)
    yield from filter(_leads_elsewhere, map(address_of, some))
    for article in some:
        yield from filter(_leads_elsewhere, hrefs(build(article.content_html)))


def _leads_elsewhere(address: str) -> bool:
    """Whether it is for somebody else's server to say what is there."""
    is_web = address.startswith(("http://", "https://"))
    return is_web and not address.startswith(f"{settings.base_url}/")


def _links_ahead(*, now: datetime) -> list[str]:
    found: list[str] = []
    for publication in db.session.scalars(sa.select(Publication)).all():
        soon = [
            cadence
            for cadence in CLOCK_CADENCES
            if next_slot(publication, cadence, after=now) - now <= LEAD
        ]
        for cadence in soon:
            after = previous_position(publication, cadence, before=now)
            found += _links_between(publication.id, after=after, upto=publication.last_position)
        if soon and _leads_elsewhere(publication.site_url):
            found.append(publication.site_url)
    for digest in db.session.scalars(_waiting_for_staff(now)).all():
        found += _links_carried(digest)
    return found


def _waiting_for_staff(now: datetime) -> sa.Select[Digest]:
    """Select drafts, and what is scheduled: if a worker has not taken it at once, it is held."""
    return sa.select(Digest).where(
        Digest.state.in_([DigestState.DRAFT, DigestState.SCHEDULED]),
        Digest.created_at > now - DRAFT_AGE,
    )


def _links_carried(digest: Digest) -> list[str]:
    if digest.kind is DigestKind.CORRECTION:
        carried = sa.select(Article).join(DigestArticle, DigestArticle.article_id == Article.id)
        return _of(carried.where(DigestArticle.digest_id == digest.id))
    between = _links_between(
        digest.publication_id, after=digest.position_from, upto=digest.position_upto
    )
    return [*filter(_leads_elsewhere, own_links(digest)), *between]


def _links_between(publication_id: int, *, after: int, upto: int) -> list[str]:
    return _of(
        sa.select(Article)
        .where(Article.publication_id == publication_id, Article.state == ArticleState.OPEN)
        .where(Article.position > after, Article.position <= upto)
        .order_by(Article.position.desc())
    )


def _of(articles: sa.Select[Article]) -> list[str]:
    return list(links_of(db.session.scalars(articles).all()))
