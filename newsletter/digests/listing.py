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
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> DigestPage:
    """Return digests of any state.

    Args:
        with_empty: also those that the clock started and that had nothing to carry or nobody
            to go to; on quiet days they are the greater part of the list.
        before: what the page before gave.
    """
    statement = sa.select(Digest).where(Digest.publication_id == publication_id)
    if state is not None:
        statement = statement.where(Digest.state == state)
    if cadence is not None:
        statement = statement.where(Digest.cadence == cadence)
    if not with_empty:
        statement = statement.where(~_empty())
    if before is not None:
        statement = statement.where(Digest.id < before)
    found = db.session.scalars(statement.order_by(Digest.id.desc()).limit(limit + 1)).all()
    more = len(found) > limit
    return DigestPage(digests=found[:limit], before=found[limit - 1].id if more else None)


def count_empty(publication_id: int) -> int:
    """Return how many digests `list_digests` leaves out by itself."""
    statement = sa.select(sa.func.count()).select_from(Digest)
    statement = statement.where(Digest.publication_id == publication_id, _empty())
    return int(db.session.scalars(statement).one())


def _empty() -> sa.ColumnElement[bool]:
    return sa.and_(
        Digest.state == DigestState.CANCELLED,
        Digest.by_hand.is_(False),
        Digest.reason.in_([NO_ARTICLES, NO_READERS]),
    )
