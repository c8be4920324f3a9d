"""The end of a fan-out: the rows are counted, and only then the batches go."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publishing import is_being_published
from newsletter.errors import TemporaryError
from newsletter.jobs import Job, enqueue
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()


class FanOutDiffers(TemporaryError):
    """The rows do not add up; no mail leaves until they do."""


def finish_fan_out(digest_id: int, *, count: Callable[[Digest], int], now: datetime) -> int:
    """Let the batches go; return the candidates. A digest without a batch to send is sent.

    Args:
        count: counts the candidates, and raises if the rows do not add up.

    Raises:
        FanOutDiffers.
    """
    with unit_of_work() as session:
        digest = session.get_one(Digest, digest_id, with_for_update=True, populate_existing=True)
        if not is_being_published(digest):
            return digest.candidates
        digest.candidates = count(digest)
        digest.fanned_out_at, digest.publishing_until = now, None
        waiting = sa.select(Batch.id).where(
            Batch.digest_id == digest.id, Batch.state != BatchState.DONE
        )
        batch_ids = list(session.scalars(waiting.order_by(Batch.id)))
        for batch_id in batch_ids:
            enqueue(Job.SEND_BATCH, batch_id=batch_id)
        if not batch_ids:
            digest.state, digest.finished_at = DigestState.SENT, now
        log.info("digest_fanned_out", digest_id=digest.id, candidates=digest.candidates)
        return digest.candidates
