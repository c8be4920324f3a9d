"""The digests of a publication in figures: what goes now, what went last."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.deliveries.models import ACCEPTED, Delivery, DeliveryState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db

#: Digests on the overview.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class DigestFigures:
    """One digest and what became of its deliveries."""

    digest: Digest
    sent: int
    waiting: int
    failed: int
    skipped: int

    @property
    def total(self) -> int:
        """Every delivery."""
        return self.sent + self.waiting + self.failed + self.skipped

    @property
    def final(self) -> int:
        """Deliveries that nothing more happens to."""
        return self.total - self.waiting


def last_digests(publication_id: int) -> list[DigestFigures]:
    """Return the digests that went last at the publication's hours, newest first."""
    statement = (
        sa.select(Digest)
        .where(Digest.publication_id == publication_id, Digest.state == DigestState.SENT)
        .where(Digest.at_own_hours.is_(False))
        .order_by(Digest.slot.desc())
        .limit(SHOWN)
    )
    return _with_figures(db.session.scalars(statement).all())


def going_digests(publication_id: int) -> list[DigestFigures]:
    """Return the digests that are on their way, paused ones too."""
    statement = (
        sa.select(Digest)
        .where(Digest.publication_id == publication_id)
        .where(Digest.state.in_([DigestState.SCHEDULED, DigestState.SENDING]))
        .order_by(Digest.slot)
    )
    return _with_figures(db.session.scalars(statement).all())


def _with_figures(digests: Sequence[Digest]) -> list[DigestFigures]:
    counted: dict[int, dict[DeliveryState, int]] = {digest.id: {} for digest in digests}
    rows = db.session.execute(
        sa.select(Delivery.digest_id, Delivery.state, sa.func.count())
        .where(Delivery.digest_id.in_(counted))
        .group_by(Delivery.digest_id, Delivery.state)
    )
    for digest_id, state, count in rows:
        counted[digest_id][state] = count
    return [_figures(digest, counted[digest.id]) for digest in digests]


def _figures(digest: Digest, counts: dict[DeliveryState, int]) -> DigestFigures:
    waiting = counts.get(DeliveryState.QUEUED, 0) + counts.get(DeliveryState.DEFERRED, 0)
    return DigestFigures(
        digest=digest,
        sent=sum(counts.get(state, 0) for state in ACCEPTED),
        waiting=waiting,
        failed=counts.get(DeliveryState.FAILED, 0),
        skipped=counts.get(DeliveryState.SKIPPED, 0),
    )
