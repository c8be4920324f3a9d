"""Add a digest to the database: from which article on, up to which, and under what name."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.own_hours import slot_before
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import PERIOD_DAYS


def add_digest(
    publication: Publication,
    cadence: Cadence,
    slot: datetime,
    *,
    state: DigestState,
    by_hand: bool,
    now: datetime,
    hours: frozenset[int] = frozenset(),
    at_own_hours: bool = False,
) -> Digest:
    """Store a digest of all that was learned of up to now; the publication is locked."""
    before = slot_before(publication, cadence, slot, hours) if at_own_hours else None
    digest = Digest(
        publication_id=publication.id,
        cadence=cadence,
        slot=slot,
        slug=_slug(publication, cadence, slot),
        state=state,
        by_hand=by_hand,
        hours=hours,
        at_own_hours=at_own_hours,
        position_from=previous_position(publication, cadence, before=now, own_slot=before),
        position_upto=publication.last_position,
        created_at=now,
        started_at=None if state is DigestState.DRAFT else now,
    )
    db.session.add(digest)
    db.session.flush()
    return digest


def cover(digest: Digest, publication: Publication, *, now: datetime) -> None:
    """Let a draft of the clock carry all that was learned of up to now."""
    digest.position_from = previous_position(publication, digest.cadence, before=now)
    digest.position_upto = publication.last_position


def is_taken(
    publication: Publication, cadence: Cadence, slot: datetime, *, by_other_than: int = 0
) -> bool:
    """Whether a digest has this slot already: each happens once."""
    taken = sa.exists().where(
        Digest.publication_id == publication.id,
        Digest.cadence == cadence,
        Digest.slot == slot,
        Digest.id != by_other_than,
    )
    return bool(db.session.scalar(sa.select(taken)))


def previous_position(
    publication: Publication,
    cadence: Cadence,
    *,
    before: datetime,
    own_slot: datetime | None = None,
) -> int:
    """Return where the last digest of the cadence ended, else where one period ago was.

    Args:
        own_slot: the slot before, of hours that readers chose; None: the publication's hours.
    """
    last = last_end(publication, cadence, own_slot=own_slot)
    if last is not None:
        return last
    period = timedelta(days=PERIOD_DAYS[cadence])
    older = sa.select(sa.func.max(Article.position)).where(
        Article.publication_id == publication.id, Article.found_at < before - period
    )
    return db.session.scalar(older) or 0


def last_end(
    publication: Publication, cadence: Cadence, *, own_slot: datetime | None = None
) -> int | None:
    """Return where the last digest of the cadence ended that was sent, or is being sent."""
    theirs = (
        sa.or_(Digest.slot <= own_slot, Digest.by_hand.is_(True))
        if own_slot
        else Digest.at_own_hours.is_(False)
    )
    last: int | None = db.session.scalar(
        sa.select(sa.func.max(Digest.position_upto))
        .where(Digest.publication_id == publication.id, Digest.cadence == cadence)
        .where(Digest.kind == DigestKind.DIGEST)
        .where(Digest.state.in_([DigestState.SENDING, DigestState.SENT]), theirs)
    )
    return last


def _slug(publication: Publication, cadence: Cadence, slot: datetime) -> str:
    """Return a readable, unique name; several on one minute are numbered."""
    base = f"{publication.slug}-{slot:%Y-%m-%d-%H%M}-{cadence.value}"
    taken = set(db.session.scalars(sa.select(Digest.slug).where(Digest.slug.startswith(base))))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbered) if slug not in taken)
