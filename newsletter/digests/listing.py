"""List the digests of a publication for staff, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publish import NO_ARTICLES, NO_READERS
from newsletter.extensions import db
from newsletter.publications.models import Cadence

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPage:
    """A stretch of the list; `before` continues it, None: this is its end."""

    digests: Sequence[Digest]
    before: int | None


def list_digests(
    *,
    publication_id: int,
    state: DigestState | None = None,
    cadence: Cadence | None = None,
    with_empty: bool = False,
    with_own_hours: bool = False,
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> DigestPage:
    """Return digests of any state.

    Args:
        with_empty: also those that the clock started and that had nothing to carry or nobody
            to go to; on quiet days they are the greater part of the list.
        with_own_hours: also those that went only to readers with hours of their own; one day
            may have dozens.
        before: what the page before gave.
    """
    statement = sa.select(Digest).where(Digest.publication_id == publication_id)
    if state is not None:
        statement = statement.where(Digest.state == state)
    if cadence is not None:
        statement = statement.where(Digest.cadence == cadence)
    if not with_empty:
        statement = statement.where(~_empty())
    if not with_own_hours:
        statement = statement.where(Digest.at_own_hours.is_(False))
    if before is not None:
        statement = statement.where(Digest.id < before)
    found = db.session.scalars(statement.order_by(Digest.id.desc()).limit(limit + 1)).all()
    more = len(found) > limit
    return DigestPage(digests=found[:limit], before=found[limit - 1].id if more else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How many digests `list_digests` leaves out by itself."""

    empty: int  # at the publication's hours
    at_own_hours: int  # with anything to carry


def count_left_out(publication_id: int) -> LeftOut:
    """Count what the list shows only when asked to."""
    own = Digest.at_own_hours
    empty = sa.func.count().filter(_empty(), own.is_(False))
    at_own_hours = sa.func.count().filter(~_empty(), own.is_(True))
    statement = sa.select(empty, at_own_hours).where(Digest.publication_id == publication_id)
    found = db.session.execute(statement).one()
    return LeftOut(empty=found[0], at_own_hours=found[1])


def _empty() -> sa.ColumnElement[bool]:
    return sa.and_(
        Digest.state == DigestState.CANCELLED,
        Digest.by_hand.is_(False),
        Digest.reason.in_([NO_ARTICLES, NO_READERS]),
    )
