"""Copies under way to one reader, at the moment she leaves."""

import sqlalchemy as sa

from newsletter.deliveries.batch_mails import FRESH_SECONDS
from newsletter.deliveries.models import WAITING, Delivery
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db

#: So long after her leaving is committed no worker believes any more what it read before; the other
#: half is for one that was kept waiting by its machine between asking and writing. A thread
#: of the web process waits as long, so more would let fewer leave at once.
HEARD_SECONDS = 2 * FRESH_SECONDS


def is_under_way(*, subscription_id: int) -> bool:
    """Whether a digest is being sent whose copy to this reader has not left, as far as rows say."""
    waiting = (
        sa.select(Delivery.id)
        .join(Digest, Digest.id == Delivery.digest_id)
        .where(Delivery.subscription_id == subscription_id, Delivery.state.in_(WAITING))
        .where(Digest.state == DigestState.SENDING)
        .limit(1)
    )
    return db.session.scalar(waiting) is not None
