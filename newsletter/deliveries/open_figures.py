"""The opens of a digest as staff read them: of readers who allow it, programs apart."""

from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.deliveries.models import ACCEPTED, Delivery
from newsletter.deliveries.open_models import OpenCount
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.subscriptions.sign_models import SignOfLife

#: Of fewer readers, opens would tell who read.
FEWEST_READERS = 10


@dataclass(frozen=True, slots=True)
class OpenFigures:
    """How often mails were opened, and of how many readers that can be known at all."""

    readers: int  # who got the mail and allow it now
    opens: int
    machine_opens: int

    @property
    def would_tell(self) -> bool:
        """Whether the figures would tell who read, so that they are not shown."""
        return self.readers < FEWEST_READERS


def open_figures(digest: Digest) -> OpenFigures | None:
    """Return the figures; None where opens are not counted, or nothing went out yet."""
    if not digest.publication.counts_opens or digest.fanned_out_at is None:
        return None
    count = db.session.get(OpenCount, digest.id)
    readers = db.session.scalars(
        sa.select(sa.func.count())
        .select_from(SignOfLife)
        .join(Delivery, Delivery.subscription_id == SignOfLife.subscription_id)
        .where(SignOfLife.publication_id == digest.publication_id)
        .where(Delivery.digest_id == digest.id, Delivery.state.in_(ACCEPTED))
        .where(Delivery.sent_at >= SignOfLife.allowed_at)
    ).one()
    return OpenFigures(
        readers=readers,
        opens=count.opens if count else 0,
        machine_opens=count.machine_opens if count else 0,
    )
