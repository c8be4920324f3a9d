"""The list of silenced addresses for staff: search, filter, page by page, and their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import hash_address

PAGE_SIZE = 50
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionFilter:
    """What is looked for; whatever is empty finds all."""

    address: str = ""  # its beginning, or all of it
    reason: SuppressionReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionPage:
    """A stretch of the list, newest first; `after` continues it, None: this is its end."""

    suppressions: Sequence[Suppression]
    after: int | None


def find_suppressions(
    wanted: SuppressionFilter, *, after: int | None = None, limit: int = PAGE_SIZE
) -> SuppressionPage:
    """Return what the filter finds.

    Args:
        after: what the page before gave.
    """
    statement = sa.select(Suppression).where(*_conditions(wanted)).order_by(Suppression.id.desc())
    if after is not None:
        statement = statement.where(Suppression.id < after)
    found = db.session.scalars(statement.limit(limit + 1)).all()
    more = len(found) > limit
    return SuppressionPage(suppressions=found[:limit], after=found[limit - 1].id if more else None)


def count_by_reason() -> dict[SuppressionReason, int]:
    """Return how many addresses are silenced for each reason; none is left out."""
    rows = db.session.execute(
        sa.select(Suppression.reason, sa.func.count()).group_by(Suppression.reason)
    )
    counts = {reason: 0 for reason in SuppressionReason}
    counts.update({reason: count for reason, count in rows})
    return counts


def every_suppression(wanted: SuppressionFilter) -> Iterator[Suppression]:
    """Yield all that the filter finds, however many they are."""
    after: int | None = None
    while True:
        page = find_suppressions(wanted, after=after, limit=_AT_ONCE)
        yield from page.suppressions
        db.session.expunge_all()
        if page.after is None:
            return
        after = page.after


def _conditions(wanted: SuppressionFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.reason is not None:
        yield Suppression.reason == wanted.reason
    if wanted.address:
        begins = wanted.address.strip().casefold()
        # By its hash an address is found although nobody can read it here any more.
        yield sa.or_(
            Suppression.address_key.startswith(begins, autoescape=True),
            Suppression.address_hash == hash_address(wanted.address),
        )
