"""Publish: freeze what a digest carries; from then on its words do not change."""

from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import selectinload

from newsletter.articles.models import Article
from newsletter.digests.choices import arrange, choices_of, wished_treatments
from newsletter.digests.compose import Candidate, candidates_between, new_ones
from newsletter.digests.correction import corrected
from newsletter.digests.models import Digest, DigestArticle, DigestKind, DigestState
from newsletter.digests.own_hours import due_for
from newsletter.digests.revisions import keep_revisions
from newsletter.digests.start import move
from newsletter.digests.subject import subject_line
from newsletter.extensions import db

log = structlog.get_logger()

NO_ARTICLES = "no new articles"
NO_READERS = "no reader of this cadence is due"


def freeze(*, digest_id: int, now: datetime) -> DigestState:
    """Take a scheduled digest to `sending`, or cancel it with the reason.

    Repeated calls change nothing. A digest of the publication's own cadence goes to the archive
    even when nobody is due; of any other cadence it would only repeat those articles there.
    """
    digest = db.session.get_one(Digest, digest_id, with_for_update=True)
    if digest.state is not DigestState.SCHEDULED:
        return digest.state
    carried = carried_candidates(digest, now=now)
    reason = _reason_to_cancel(digest, carried, now=now)
    if reason:
        move(digest, DigestState.CANCELLED)
        digest.reason, digest.finished_at = reason, now
    else:
        _fill(digest, carried, now=now)
        move(digest, DigestState.SENDING)
        digest.published_at = now
    log.info("digest_frozen", digest_id=digest.id, state=digest.state.value, reason=reason)
    return digest.state


def carried_candidates(digest: Digest, *, now: datetime) -> list[Candidate]:
    """Return every article that any reader of the digest may get, in the order of the mail."""
    return arrange(weighed_candidates(digest, now=now), choices_of(digest))


def weighed_candidates(digest: Digest, *, now: datetime) -> list[Candidate]:
    """Return every article that the digest considers, also those left out; newest first."""
    if digest.kind is DigestKind.CORRECTION:
        return corrected(digest)
    lowest = due_for(digest, now=now).lowest_cursor()
    after = digest.position_from if lowest is None else min(lowest, digest.position_from)
    return candidates_between(digest.publication_id, after=after, upto=digest.position_upto)


def _reason_to_cancel(digest: Digest, carried: list[Candidate], *, now: datetime) -> str:
    if not carried:
        return NO_ARTICLES
    if not due_for(digest, now=now).is_anybody():
        fresh = any(one.position > digest.position_from for one in carried)
        own = digest.cadence is digest.publication.default_cadence and not digest.at_own_hours
        return "" if own and fresh else NO_READERS
    return ""


def _fill(digest: Digest, carried: list[Candidate], *, now: datetime) -> None:
    articles = articles_by_id([one.id for one in carried])
    revisions = keep_revisions(list(articles.values()), now=now)
    treatments = wished_treatments(digest, list(articles.values()))
    for place, (article, treatment) in enumerate(
        zip(articles.values(), treatments, strict=True), start=1
    ):
        digest.articles.append(
            DigestArticle(
                article_id=article.id,
                place=place,
                treatment=treatment,
                title=article.title,
                excerpt=article.excerpt,
                revision_id=revisions[article.id],
            )
        )
    shown = [one for one in new_ones(carried, after=digest.position_from) if one.id in articles]
    digest.title = subject_line(
        headline=articles[shown[0].id].title,
        wish=digest.subject,
        others=len(shown) - 1,
        language=digest.publication.language,
    )


def articles_by_id(ids: list[int]) -> dict[int, Article]:
    """Return articles by id, in the order of `ids`."""
    statement = sa.select(Article).where(Article.id.in_(ids))
    found = db.session.scalars(statement.options(selectinload(Article.pictures)))
    by_id = {article.id: article for article in found}
    return {one: by_id[one] for one in ids if one in by_id}
