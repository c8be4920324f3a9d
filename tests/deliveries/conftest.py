"""A digest on its way: started, frozen, fanned out."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.digests.models import Digest
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

Publish = Callable[..., Digest]


@pytest.fixture
def publish() -> Publish:
    """Publish a digest of a publication to its readers of a cadence, up to the fan-out."""

    def _publish(
        publication: Publication, cadence: Cadence = Cadence.DAILY, now: datetime = NOW
    ) -> Digest:
        with unit_of_work():
            digest = draft_by_hand(publication_id=publication.id, cadence=cadence, now=now)
        with unit_of_work():
            send_now(digest=digest)
        with unit_of_work():
            freeze(digest_id=digest.id, now=now)
        fan_out(digest_id=digest.id, now=now)
        return digest

    return _publish


def batch_ids(digest: Digest) -> list[int]:
    """Return the ids of the digest's batches."""
    db.session.rollback()
    found = sa.select(Batch.id).where(Batch.digest_id == digest.id).order_by(Batch.id)
    return list(db.session.scalars(found))


def states(digest: Digest) -> dict[DeliveryState, int]:
    """Return how many deliveries stand in each state."""
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Delivery.state, sa.func.count())
        .where(Delivery.digest_id == digest.id)
        .group_by(Delivery.state)
    )
    return {state: count for state, count in rows}
