"""Start digests: by the clock, by new articles, or by hand; each slot happens once."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.digests.add import add_digest, cover, is_taken
from newsletter.digests.choices import follow
from newsletter.digests.models import DIGEST_TRANSITIONS, Digest, DigestKind, DigestState
from newsletter.digests.own_hours import OwnSlots, own_slots, slot_before
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import CLOCK_CADENCES, latest_slot, same_day


class WrongDigestState(PermanentError):
    """The digest stands elsewhere than this act asks for."""


def start_due(*, publication_id: int, now: datetime) -> list[Digest]:
    """Schedule every digest of a publication that is due; usually none.

    After an outage only the latest slot of each hour is made up for: the cursors make it carry
    everything.
    """
    publication = locked(publication_id)
    own = own_slots(publication, since=_last_slot(publication), now=now)
    started = [_start_by_clock(publication, cadence, own, now=now) for cadence in CLOCK_CADENCES]
    started += _start_at_own_hours(publication, own, now=now)
    started.append(_start_instant(publication, now=now))
    digests = [digest for digest in started if digest is not None]
    for digest in digests:
        enqueue(Job.PUBLISH_DIGEST, digest_id=digest.id)
    return digests


def draft_by_hand(
    *, publication_id: int, cadence: Cadence, now: datetime, upto: int | None = None
) -> Digest:
    """Make a draft of what the readers of a cadence would get now.

    Args:
        upto: the position of the last article it considers; what is after it waits for the next.
    """
    publication = locked(publication_id)
    draft = add_digest(publication, cadence, now, state=DigestState.DRAFT, by_hand=True, now=now)
    if upto is not None:
        draft.position_upto = min(upto, draft.position_upto)
    return draft


def send_now(*, digest: Digest) -> None:
    """Hand a draft to the workers; one of the clock keeps its slot, so that it happens once.

    Raises:
        WrongDigestState: it is no draft any more.
    """
    publication = locked(digest.publication_id)
    db.session.refresh(digest, with_for_update=True)
    move(digest, DigestState.SCHEDULED)
    if digest.drafted_upto is not None:
        digest.held_at, digest.position_upto = None, publication.last_position
    enqueue(Job.PUBLISH_DIGEST, digest_id=digest.id)


def move(digest: Digest, state: DigestState) -> None:
    """Change the state, if the transition table allows it.

    Raises:
        WrongDigestState.
    """
    if state not in DIGEST_TRANSITIONS[digest.state]:
        raise WrongDigestState(
            f"A digest that is {digest.state.value} cannot become {state.value}."
        )
    digest.state = state


def locked(publication_id: int) -> Publication:
    """Return the publication; whoever else starts digests of it waits."""
    return db.session.get_one(Publication, publication_id, with_for_update=True)


def _start_by_clock(
    publication: Publication, cadence: Cadence, own: OwnSlots, *, now: datetime
) -> Digest | None:
    """Start the digest of the publication's hours, and of reader hours with the same slot."""
    # First, which waits for whoever skips the draft this moment; then its slot is answered.
    draft = open_drafts(publication).get(cadence)
    slot = latest_slot(publication, cadence, upto=now)
    last = last_automatic(publication, cadence)
    # A changed hour must not bring a second digest on the day of the first.
    if last and (last.slot >= slot or same_day(publication, last.slot, slot)):
        if last.slot == slot and last.started_at is None:
            last.started_at = now  # staff sent or skipped its draft before the hour
        return None
    if slot <= publication.created_at:
        return None
    # Hours were set back to those of some readers.
    if is_taken(publication, cadence, slot, by_other_than=draft.id if draft else 0):
        slot = now
    hours = own.pop((cadence, slot), frozenset())
    if draft is not None:
        return _take_up(draft, publication, slot, hours, now=now)
    return add_digest(
        publication,
        cadence,
        slot,
        state=DigestState.SCHEDULED,
        by_hand=False,
        hours=hours,
        now=now,
    )


def _take_up(
    draft: Digest, publication: Publication, slot: datetime, hours: frozenset[int], *, now: datetime
) -> Digest | None:
    """Let a draft go at its hour; one that is held answers for the slot, and goes on waiting."""
    draft.slot, draft.started_at = slot, now
    draft.hours = draft.hours | hours
    cover(draft, publication, now=now)
    if draft.held_at is not None:
        return None
    move(draft, DigestState.SCHEDULED)
    return draft


def _start_at_own_hours(
    publication: Publication, own: OwnSlots, *, now: datetime
) -> list[Digest | None]:
    """Start a digest of each slot that is not the publication's, in the order of time.

    While a draft of the cadence is held, these readers wait for it too.
    """
    drafts = open_drafts(publication)
    started: list[Digest | None] = []
    for (cadence, slot), hours in sorted(own.items(), key=lambda item: item[0][1]):
        draft = drafts.get(cadence)
        if draft is not None and draft.held_at is not None:
            draft.hours = draft.hours | hours
        elif not is_taken(publication, cadence, slot):
            started.append(_at_own_hours(publication, cadence, slot, hours, draft, now=now))
    return started


def _at_own_hours(
    publication: Publication,
    cadence: Cadence,
    slot: datetime,
    hours: frozenset[int],
    draft: Digest | None,
    *,
    now: datetime,
) -> Digest:
    """Start one, in the words of the draft there is, else of the last one since their last."""
    digest = add_digest(
        publication,
        cadence,
        slot,
        state=DigestState.SCHEDULED,
        by_hand=False,
        hours=hours,
        at_own_hours=True,
        now=now,
    )
    leader = draft or last_automatic(publication, cadence)
    since = slot_before(publication, cadence, slot, hours)
    if leader is not None and leader.slot > since and _leads(leader):
        follow(digest, leader)
    return digest


def _leads(digest: Digest) -> bool:
    """Whether editors had a draft of it, and let it go."""
    return digest.drafted_upto is not None and digest.state is not DigestState.CANCELLED


def _start_instant(publication: Publication, *, now: datetime) -> Digest | None:
    last = last_automatic(publication, Cadence.INSTANT)
    newest = db.session.scalar(
        sa.select(sa.func.max(Article.position)).where(
            Article.publication_id == publication.id, Article.state == "open"
        )
    )
    if newest is None or (last and last.position_upto >= newest):
        return None
    return add_digest(
        publication, Cadence.INSTANT, now, state=DigestState.SCHEDULED, by_hand=False, now=now
    )


def open_drafts(publication: Publication) -> dict[Cadence, Digest]:
    """Return the drafts of the clock that wait for their hour, or are held; locked."""
    drafts = db.session.scalars(
        sa.select(Digest)
        .where(Digest.publication_id == publication.id, Digest.state == DigestState.DRAFT)
        .where(Digest.drafted_upto.is_not(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {draft.cadence: draft for draft in drafts}


def last_automatic(publication: Publication, cadence: Cadence) -> Digest | None:
    """Return the last digest of the publication's hours; a draft that waits is none yet."""
    return db.session.scalar(
        sa.select(Digest)
        .where(Digest.publication_id == publication.id, Digest.cadence == cadence)
        .where(Digest.kind == DigestKind.DIGEST)
        .where(Digest.by_hand.is_(False), Digest.at_own_hours.is_(False))
        .where(Digest.state != DigestState.DRAFT)
        .order_by(Digest.slot.desc())
        .limit(1)
    )


def _last_slot(publication: Publication) -> datetime:
    """Return the last slot that the clock has answered for, else the publication's beginning."""
    last: datetime | None = db.session.scalar(
        sa.select(sa.func.max(Digest.slot))
        .where(Digest.publication_id == publication.id, Digest.by_hand.is_(False))
        .where(Digest.cadence.in_(CLOCK_CADENCES), Digest.started_at.is_not(None))
    )
    return max(last, publication.created_at) if last else publication.created_at
