"""Corrections: an article that was edited after it was mailed, once more to those who have it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.models import Article
from newsletter.digests.compose import Candidate
from newsletter.digests.models import Digest, DigestArticle, DigestKind, DigestState, Treatment
from newsletter.digests.revisions import edit_of, keep_revision
from newsletter.digests.start import move
from newsletter.digests.subject import subject_line
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.models import Cadence

log = structlog.get_logger()

#: A note is read before the article, not instead of it.
LONGEST_NOTE = 600

#: States in which a correction of the same article stands in the way of another.
_UNDER_WAY = (DigestState.DRAFT, DigestState.SCHEDULED, DigestState.SENDING)


class NoCorrection(PermanentError):
    """A correction that cannot be made; the text says why."""


class UnusableNote(NoCorrection):
    """A note that is missing or too long."""


def draft_correction(*, article: Article, note: str, now: datetime) -> Digest:
    """Make a draft of a correction; sent, it goes to those who were mailed other words.

    Raises:
        UnusableNote.
        NoCorrection: there is nothing to correct, or a correction is under way.
    """
    db.session.refresh(article, with_for_update=True)
    note = _checked_note(note)
    if edit_of(article) is None:
        raise NoCorrection("The article has not been edited since it was mailed.")
    if correction_under_way(article) is not None:
        raise NoCorrection("A correction of this article is under way already.")
    digest = Digest(
        publication_id=article.publication_id,
        kind=DigestKind.CORRECTION,
        cadence=Cadence.INSTANT,
        slot=_free_slot(article.publication_id, now),
        slug=f"{article.publication.slug}-{now:%Y-%m-%d-%H%M%S}-correction-{article.id}",
        by_hand=True,
        note=note,
        # It considers no position, so no reader's cursor and no other digest minds it.
        position_from=0,
        position_upto=0,
        created_at=now,
    )
    digest.articles.append(
        DigestArticle(
            article_id=article.id,
            place=1,
            treatment=Treatment.FULL,
            title=article.title,
            excerpt=article.excerpt,
        )
    )
    db.session.add(digest)
    db.session.flush()
    return digest


def _free_slot(publication_id: int, now: datetime) -> datetime:
    """Return a moment that no instant digest has: a slot happens once."""
    taken: datetime | None = db.session.scalar(
        sa.select(sa.func.max(Digest.slot)).where(
            Digest.publication_id == publication_id, Digest.cadence == Cadence.INSTANT
        )
    )
    return now if taken is None or taken < now else taken + timedelta(microseconds=1)


def correction_under_way(article: Article) -> Digest | None:
    """Return the correction of the article that is not final yet."""
    return db.session.scalar(
        sa.select(Digest)
        .join(DigestArticle, DigestArticle.digest_id == Digest.id)
        .where(DigestArticle.article_id == article.id, Digest.kind == DigestKind.CORRECTION)
        .where(Digest.state.in_(_UNDER_WAY))
        .order_by(Digest.id.desc())
        .limit(1)
    )


def freeze_correction(*, digest_id: int, now: datetime) -> DigestState:
    """Take a scheduled correction to `sending`; from then on its words do not change.

    Repeated calls change nothing.
    """
    digest = db.session.get_one(Digest, digest_id, with_for_update=True)
    if digest.state is not DigestState.SCHEDULED:
        return digest.state
    (carried,) = digest.articles
    article = carried.article
    carried.title, carried.excerpt = article.title, article.excerpt
    carried.revision_id = keep_revision(article, now=now).id
    digest.title = correction_subject(digest)
    move(digest, DigestState.SENDING)
    digest.published_at = now
    log.info("correction_frozen", digest_id=digest.id, article_id=article.id)
    return digest.state


def correction_subject(digest: Digest) -> str:
    """Return its subject in the publication's language."""
    return subject_line(
        headline=digest.articles[0].article.title,
        wish=digest.subject,
        others=0,
        language=digest.publication.language,
        kind=digest.kind,
    )


def corrected(digest: Digest) -> list[Candidate]:
    """Return what a correction carries, in the shape in which digests are weighed."""
    return [
        Candidate(
            id=one.article.id,
            position=one.article.position or 1,
            published_at=one.article.published_at,
            topics=frozenset(topic.id for topic in one.article.topics),
        )
        for one in digest.articles
    ]


def _checked_note(note: str) -> str:
    kept = "\n".join(" ".join(line.split()) for line in note.splitlines()).strip()
    kept = "".join(one for one in kept if one == "\n" or one.isprintable())
    if not kept:
        raise UnusableNote("Say in a sentence or two what was wrong.")
    if len(kept) > LONGEST_NOTE:
        raise UnusableNote(f"Write at most {LONGEST_NOTE} characters; this has {len(kept)}.")
    return kept
