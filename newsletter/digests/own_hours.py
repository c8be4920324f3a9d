"""Hours of readers' own: which slots they have, and whose hour a slot is."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.digests.audience import DueReaders
from newsletter.digests.models import Digest, DigestKind
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import CLOCK_CADENCES, latest_slot, next_slot
from newsletter.subscriptions.models import ReaderHours, Subscription, SubscriptionState

#: So long ago the last monthly digest may be.
_MONTH = timedelta(days=40)

#: The slots of a cadence with the reader hours that are due at each.
OwnSlots = dict[tuple[Cadence, datetime], frozenset[int]]


def own_slots(publication: Publication, *, since: datetime, now: datetime) -> OwnSlots:
    """Return the last slot of all hours in use that came after `since`, if any, by cadence.

    Whoever asks answers for each of them, whether or not a reader of this cadence waits: so a
    reader who changes her cadence an hour later finds no slot that is still open. A weekly or
    monthly day that staff set to one just gone opens its slots too, for hours that have not been
    answered for since, as it does for the publication's.
    """
    found: OwnSlots = {}
    in_use = _in_use(publication, since=since)
    had = _last_had(publication, now=now) if in_use else {}
    for row, first in in_use:
        for cadence in CLOCK_CADENCES:
            slot = latest_slot(publication, cadence, upto=now, hours=row.hours)
            is_open = slot > since or slot > had.get((cadence, row.id), slot)
            if is_open and first <= slot:
                found[cadence, slot] = found.get((cadence, slot), frozenset()) | {row.id}
    return found


def own_slots_within(publication: Publication, *, now: datetime, lead: timedelta) -> list[datetime]:
    """Return the moments up to `lead` ahead at which readers of hours of their own are due."""
    moments = {
        slot
        for row, first in _in_use(publication, since=now)
        for cadence in CLOCK_CADENCES
        if (slot := next_slot(publication, cadence, after=now, hours=row.hours)) >= first
        and slot - now <= lead
    }
    return sorted(moments)


def slot_before(
    publication: Publication, cadence: Cadence, slot: datetime, hours: frozenset[int]
) -> datetime:
    """Return when the readers of these hours had their digest before this one."""
    just_before = slot - timedelta(microseconds=1)
    rows = db.session.scalars(sa.select(ReaderHours).where(ReaderHours.id.in_(hours)))
    return min(latest_slot(publication, cadence, upto=just_before, hours=row.hours) for row in rows)


def of_slot(
    slot: datetime, *, hours: frozenset[int] = frozenset(), at_own_hours: bool = False
) -> sa.ColumnElement[bool]:
    """Match subscriptions by the hours that counted for them at `slot`, whenever it is asked.

    A change that came after the slot does not take a reader out of its digest.

    Args:
        hours: ids of the reader hours that are due.
        at_own_hours: leave out readers of the publication's hours.
    """
    turned = sa.or_(Subscription.hours_from.is_(None), Subscription.hours_from <= slot)
    before = sa.and_(
        Subscription.hours_from > slot,
        sa.or_(Subscription.former_from.is_(None), Subscription.former_from <= slot),
    )
    own = not at_own_hours
    return sa.or_(
        sa.and_(turned, _due(Subscription.hours_id, hours, publications_too=own)),
        sa.and_(before, _due(Subscription.former_hours_id, hours, publications_too=own)),
    )


def readers_of(digest: Digest) -> sa.ColumnElement[bool]:
    """Match subscriptions whose hour a digest's slot is; any, if it does not go by the clock."""
    if digest.by_hand or digest.cadence not in CLOCK_CADENCES:
        return sa.true()
    return of_slot(digest.slot, hours=digest.hours, at_own_hours=digest.at_own_hours)


def count_at_other_hours(digest: Digest) -> int:
    """Return how many readers of a digest's cadence have hours of their own that are not its."""
    statement = sa.select(sa.func.count()).where(
        Subscription.publication_id == digest.publication_id,
        Subscription.state == SubscriptionState.CONFIRMED,
        Subscription.cadence == digest.cadence,
        Subscription.hours_id.is_not(None),
        Subscription.hours_id.not_in(sorted(digest.hours)),
    )
    return db.session.scalar(statement) or 0


def due_for(digest: Digest, *, now: datetime) -> DueReaders:
    """Return the readers who are due for a digest and whose hour its slot is."""
    return DueReaders(
        publication_id=digest.publication_id,
        cadence=digest.cadence,
        upto=digest.position_upto,
        now=now,
        whose=readers_of(digest),
    )


def _last_had(publication: Publication, *, now: datetime) -> dict[tuple[Cadence, int], datetime]:
    """Return the last slot of a week or month that was answered for, by cadence and hours."""
    rows = db.session.execute(
        sa.select(Digest.cadence, Digest.slot, Digest.hours)
        .where(Digest.publication_id == publication.id, Digest.slot > now - _MONTH)
        .where(Digest.cadence.in_([Cadence.WEEKLY, Cadence.MONTHLY]))
        .where(Digest.kind == DigestKind.DIGEST, Digest.by_hand.is_(False))
        .order_by(Digest.slot)
    )
    return {(row.cadence, number): row.slot for row in rows for number in row.hours}


def _due(
    column: sa.orm.InstrumentedAttribute[int | None],
    hours: frozenset[int],
    *,
    publications_too: bool,
) -> sa.ColumnElement[bool]:
    due = [column.in_(sorted(hours))] if hours else []
    if publications_too:
        due.append(column.is_(None))
    return sa.or_(sa.false(), *due)


def _in_use(publication: Publication, *, since: datetime) -> list[tuple[ReaderHours, datetime]]:
    """Return the hours that readers of the publication have, and since when at the latest.

    Hours that all have left count until the last of them has turned to others.
    """
    here = Subscription.publication_id == publication.id
    theirs = sa.and_(here, Subscription.hours_id == ReaderHours.id)
    left = sa.and_(
        here, Subscription.former_hours_id == ReaderHours.id, Subscription.hours_from > since
    )
    first = [
        sa.select(sa.func.min(moment)).where(who).scalar_subquery()
        for moment, who in ((Subscription.hours_from, theirs), (Subscription.former_from, left))
    ]
    rows = db.session.execute(sa.select(ReaderHours, *first).order_by(ReaderHours.id))
    found = [(row, [one for one in moments if one]) for row, *moments in rows]
    return [(row, min(moments)) for row, moments in found if moments]
