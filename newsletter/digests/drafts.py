"""Drafts ahead of the hour: made by the clock, kept up to date, held, released, sent early.

A draft is a digest that has its slot but has not begun. What it carries is decided when it goes,
as if there had been no draft: until then its interval of positions only foretells.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.models import Article, ArticleState
from newsletter.digests.add import add_digest, cover, is_taken, previous_position
from newsletter.digests.audience import DueReaders
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.own_hours import of_slot, own_slots
from newsletter.digests.preflight_hold import is_held_by_preflight
from newsletter.digests.start import WrongDigestState, last_automatic, locked, move, open_drafts
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import CLOCK_CADENCES, next_slot, same_day

log = structlog.get_logger()

_MOMENT = timedelta(microseconds=1)


def draft_ahead(*, publication_id: int, now: datetime) -> list[Digest]:
    """Make the drafts whose time has come, once there is something to carry; usually none.

    Drafts that are there take in what has come since.
    """
    publication = locked(publication_id)
    there = open_drafts(publication)
    for draft in there.values():
        _keep_up(draft, publication, now=now)
    if not publication.draft_lead_minutes:
        return []
    missing = (cadence for cadence in CLOCK_CADENCES if cadence not in there)
    made = [_draft(publication, cadence, now=now) for cadence in missing]
    drafts = [one for one in made if one is not None]
    for draft in drafts:
        enqueue(Job.TELL_OF_DRAFT, digest_id=draft.id)
        log.info("digest_drafted", digest_id=draft.id)
    return drafts


def waiting_drafts(publication_id: int) -> dict[Cadence, Digest]:
    """Return the drafts of the clock that wait for their hour, or are held."""
    drafts = db.session.scalars(
        sa.select(Digest)
        .where(Digest.publication_id == publication_id, Digest.state == DigestState.DRAFT)
        .where(Digest.drafted_upto.is_not(None))
    )
    return {draft.cadence: draft for draft in drafts}


def is_ahead(digest: Digest) -> bool:
    """Whether it is a draft that goes out by itself at its hour, unless stopped."""
    return digest.state is DigestState.DRAFT and digest.drafted_upto is not None


def hold_draft(*, digest: Digest, now: datetime) -> None:
    """Stop a draft from going out by itself; its hour may pass.

    Raises:
        WrongDigestState: it does not go out by itself, or is held already.
    """
    db.session.refresh(digest, with_for_update=True)
    if not is_ahead(digest) or digest.held_at is not None:
        raise WrongDigestState("Only a draft that goes out by itself can be held.")
    digest.held_at = now


def release_draft(*, digest: Digest, now: datetime) -> bool:
    """Let a held draft go: at its hour, or at once if that has passed; say whether at once.

    Raises:
        WrongDigestState: it is not held.
    """
    publication = locked(digest.publication_id)
    db.session.refresh(digest, with_for_update=True)
    if not is_ahead(digest) or digest.held_at is None:
        raise WrongDigestState("Only a held draft can be released.")
    digest.held_at = None
    if digest.started_at is None:
        return False
    cover(digest, publication, now=now)
    move(digest, DigestState.SCHEDULED)
    enqueue(Job.PUBLISH_DIGEST, digest_id=digest.id)
    return True


def _draft(publication: Publication, cadence: Cadence, *, now: datetime) -> Digest | None:
    slot = next_slot(publication, cadence, after=now)
    if slot - now > timedelta(minutes=publication.draft_lead_minutes):
        return None
    if _is_served(publication, slot, last_automatic(publication, cadence)):
        return None
    if is_taken(publication, cadence, slot) or _is_one_going(publication, cadence):
        return None
    if not _is_wanted(publication, cadence, slot, now=now):
        return None
    draft = add_digest(publication, cadence, slot, state=DigestState.DRAFT, by_hand=False, now=now)
    draft.drafted_upto, draft.tell_draft_at = draft.position_upto, now
    draft.hours = _hours_at(publication, cadence, slot)
    return draft


def _is_one_going(publication: Publication, cadence: Cadence) -> bool:
    """Whether a digest is about to take what the draft would be made of.

    One that preflight holds may wait for days, in which editors keep their veto of the next.
    """
    going = sa.exists().where(
        Digest.publication_id == publication.id,
        Digest.cadence == cadence,
        Digest.state == DigestState.SCHEDULED,
        Digest.kind == DigestKind.DIGEST,
        ~is_held_by_preflight(),
    )
    return bool(db.session.scalar(sa.select(going)))


def _is_wanted(
    publication: Publication, cadence: Cadence, slot: datetime, *, now: datetime
) -> bool:
    """Whether there is anything new, and anybody to get it or an archive to go to."""
    after = previous_position(publication, cadence, before=now)
    fresh = sa.exists().where(
        Article.publication_id == publication.id,
        Article.state == ArticleState.OPEN,
        Article.position > after,
    )
    if not db.session.scalar(sa.select(fresh)):
        return False
    due = DueReaders(
        publication_id=publication.id,
        cadence=cadence,
        upto=publication.last_position,
        now=now,
        whose=of_slot(slot, hours=_hours_at(publication, cadence, slot)),
    )
    return cadence is publication.default_cadence or due.is_anybody()


def _keep_up(draft: Digest, publication: Publication, *, now: datetime) -> None:
    """Take in what has come, and follow the publication's hours if staff moved them."""
    cover(draft, publication, now=now)
    if draft.started_at is not None:
        return  # the clock has dealt with it
    last = last_automatic(publication, draft.cadence)
    if draft.slot <= now and not _is_served(publication, draft.slot, last):
        return  # the clock will in a moment
    slot = next_slot(publication, draft.cadence, after=now)
    if _is_served(publication, slot, last):
        slot = next_slot(publication, draft.cadence, after=slot)
    if not is_taken(publication, draft.cadence, slot, by_other_than=draft.id):
        draft.slot = slot
    due = _hours_at(publication, draft.cadence, draft.slot)
    draft.hours = draft.hours | due if draft.held_at else due


def _is_served(publication: Publication, slot: datetime, last: Digest | None) -> bool:
    """Whether the slot, or its day, has had its digest, so that no other goes there."""
    return last is not None and (last.slot >= slot or same_day(publication, last.slot, slot))


def _hours_at(publication: Publication, cadence: Cadence, slot: datetime) -> frozenset[int]:
    """Return the reader hours that are due at the very slot."""
    found = own_slots(publication, since=slot - _MOMENT, now=slot)
    return found.get((cadence, slot), frozenset())
