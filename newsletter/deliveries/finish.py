"""Finish: a digest is sent only when every delivery is final."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db

log = structlog.get_logger()


def finish_digest(*, digest_id: int, now: datetime) -> bool:
    """Mark the digest sent if no batch of it waits; say whether it was marked."""
    unfinished = sa.exists().where(Batch.digest_id == digest_id, Batch.state != BatchState.DONE)
    result = db.session.execute(
        sa.update(Digest)
        .where(Digest.id == digest_id, Digest.state == DigestState.SENDING)
        .where(Digest.fanned_out_at.is_not(None), ~unfinished)
        .values(state=DigestState.SENT, finished_at=now)
        .execution_options(synchronize_session=False)
    )
    finished: bool = result.rowcount == 1  # type: ignore[attr-defined]
    if finished:
        log.info("digest_sent", digest_id=digest_id)
    return finished
