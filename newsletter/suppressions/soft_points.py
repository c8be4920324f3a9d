"""Soft bounces: one point a day, and five within thirty days silence an address."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.suppressions.models import SoftPoint, SuppressionReason
from newsletter.suppressions.suppress import hash_address, suppress

WINDOW = timedelta(days=30)
ENOUGH = 5


def add_soft_point(
    *, address: str, now: datetime, last_success: datetime | None, note: str = ""
) -> bool:
    """Count a day on which mail came back soft; silence the address at the fifth.

    Args:
        last_success: when mail last arrived there; what came back before counts no more.

    Returns:
        Whether the address is silenced now for its points.
    """
    hashed = hash_address(address)
    since = max(now - WINDOW, last_success) if last_success else now - WINDOW
    db.session.execute(
        sa.delete(SoftPoint).where(SoftPoint.address_hash == hashed, SoftPoint.day < _day(since))
    )
    insert_missing(
        db.session(),
        SoftPoint,
        {"address_hash": hashed, "day": _day(now)},
        unique=["address_hash", "day"],
    )
    count = sa.select(sa.func.count()).where(SoftPoint.address_hash == hashed)
    if int(db.session.scalars(count).one()) < ENOUGH:
        return False
    suppress(address=address, reason=SuppressionReason.SOFT_BOUNCES, now=now, note=note)
    return True


def forget_points(*, address_hash: str) -> None:
    """Begin anew with an address."""
    db.session.execute(sa.delete(SoftPoint).where(SoftPoint.address_hash == address_hash))


def forget_old_points(*, now: datetime) -> None:
    """Delete the points that count no more."""
    db.session.execute(sa.delete(SoftPoint).where(SoftPoint.day < _day(now - WINDOW)))


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
