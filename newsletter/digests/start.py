"""Start digests: by the clock, by new articles, or by hand; each slot happens once."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.digests.models import DIGEST_TRANSITIONS, Digest, DigestKind, DigestState
from newsletter.digests.own_hours import OwnSlots, own_slots, slot_before
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import (
    CLOCK_CADENCES,
    PERIOD_DAYS,
    latest_slot,
    same_day,
)


class WrongDigestState(PermanentError):
    """The digest stands elsewhere than this act asks for."""


def start_due(*, publication_id: int, now: datetime) -> list[Digest]:
    """Schedule every digest of a publication that is due; usually none.

    After an outage only the latest slot of each hour is made up for: the cursors make it carry
    everything.
    """
    publication = _locked(publication_id)
    own = own_slots(publication, since=_last_slot(publication), now=now)
    started = [_start_by_clock(publication, cadence, own, now=now) for cadence in CLOCK_CADENCES]
    started += _start_at_own_hours(publication, own, now=now)
    started.append(_start_instant(publication, now=now))
    digests = [digest for digest in started if digest is not None]
    for digest in digests:
        enqueue(Job.PUBLISH_DIGEST, digest_id=digest.id)
    return digests


def draft_by_hand(*, publication_id: int, cadence: Cadence, now: datetime) -> Digest:
    """Make a draft of what the readers of a cadence would get now."""
    publication = _locked(publication_id)
    return _add(publication, cadence, now, state=DigestState.DRAFT, by_hand=True, now=now)


def send_now(*, digest: Digest) -> None:
    """Hand a draft to the workers.

    Raises:
        WrongDigestState: it is no draft any more.
    """
    db.session.refresh(digest, with_for_update=True)
    move(digest, DigestState.SCHEDULED)
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


def _locked(publication_id: int) -> Publication:
    """Return the publication; whoever else starts digests of it waits."""
    return db.session.get_one(Publication, publication_id, with_for_update=True)


def _start_by_clock(
    publication: Publication, cadence: Cadence, own: OwnSlots, *, now: datetime
) -> Digest | None:
    """Start the digest of the publication's hours, and of reader hours with the same slot."""
    slot = latest_slot(publication, cadence, upto=now)
    last = _last_automatic(publication, cadence)
    # A changed hour must not bring a second digest on the day of the first.
    if last and (last.slot >= slot or same_day(publication, last.slot, slot)):
        return None
    if slot <= publication.created_at:
        return None
    if _is_taken(publication, cadence, slot):  # hours were set back to those of some readers
        slot = now
    hours = own.pop((cadence, slot), frozenset())
    return _add(
        publication,
        cadence,
        slot,
        state=DigestState.SCHEDULED,
        by_hand=False,
        hours=hours,
        now=now,
    )


def _start_at_own_hours(
    publication: Publication, own: OwnSlots, *, now: datetime
) -> list[Digest | None]:
    """Start a digest of each slot that is not the publication's, in the order of time."""
    return [
        _add(
            publication,
            cadence,
            slot,
            state=DigestState.SCHEDULED,
            by_hand=False,
            hours=hours,
            at_own_hours=True,
            now=now,
        )
        for (cadence, slot), hours in sorted(own.items(), key=lambda item: item[0][1])
        if not _is_taken(publication, cadence, slot)
    ]


def _start_instant(publication: Publication, *, now: datetime) -> Digest | None:
    last = _last_automatic(publication, Cadence.INSTANT)
    newest = db.session.scalar(
        sa.select(sa.func.max(Article.position)).where(
            Article.publication_id == publication.id, Article.state == "open"
        )
    )
    if newest is None or (last and last.position_upto >= newest):
        return None
    return _add(
        publication, Cadence.INSTANT, now, state=DigestState.SCHEDULED, by_hand=False, now=now
    )


def _last_automatic(publication: Publication, cadence: Cadence) -> Digest | None:
    return db.session.scalar(
        sa.select(Digest)
        .where(Digest.publication_id == publication.id, Digest.cadence == cadence)
        .where(Digest.kind == DigestKind.DIGEST)
        .where(Digest.by_hand.is_(False), Digest.at_own_hours.is_(False))
        .order_by(Digest.slot.desc())
        .limit(1)
    )


def _last_slot(publication: Publication) -> datetime:
    """Return the last slot that the clock has answered for, else the publication's beginning."""
    last: datetime | None = db.session.scalar(
        sa.select(sa.func.max(Digest.slot))
        .where(Digest.publication_id == publication.id, Digest.by_hand.is_(False))
        .where(Digest.cadence.in_(CLOCK_CADENCES))
    )
    return max(last, publication.created_at) if last else publication.created_at


def _is_taken(publication: Publication, cadence: Cadence, slot: datetime) -> bool:
    taken = sa.exists().where(
        Digest.publication_id == publication.id, Digest.cadence == cadence, Digest.slot == slot
    )
    return bool(db.session.scalar(sa.select(taken)))


def _add(
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
    )
    db.session.add(digest)
    db.session.flush()
    return digest


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
    theirs = (
        sa.or_(Digest.slot <= own_slot, Digest.by_hand.is_(True))
        if own_slot
        else Digest.at_own_hours.is_(False)
    )
    last = db.session.scalar(
        sa.select(sa.func.max(Digest.position_upto))
        .where(Digest.publication_id == publication.id, Digest.cadence == cadence)
        .where(Digest.kind == DigestKind.DIGEST)
        .where(Digest.state.in_([DigestState.SENDING, DigestState.SENT]), theirs)
    )
    if last is not None:
        return last
    period = timedelta(days=PERIOD_DAYS[cadence])
    older = sa.select(sa.func.max(Article.position)).where(
        Article.publication_id == publication.id, Article.found_at < before - period
    )
    return db.session.scalar(older) or 0


def _slug(publication: Publication, cadence: Cadence, slot: datetime) -> str:
    """Return a readable, unique name; several on one minute are numbered."""
    base = f"{publication.slug}-{slot:%Y-%m-%d-%H%M}-{cadence.value}"
    taken = set(db.session.scalars(sa.select(Digest.slug).where(Digest.slug.startswith(base))))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbered) if slug not in taken)
