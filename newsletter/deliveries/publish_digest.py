"""Publish a digest of either kind: examine it, freeze its words, give every reader her delivery."""

from datetime import datetime

from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.fan_out_correction import fan_out_correction
from newsletter.digests.correction import freeze_correction
from newsletter.digests.models import Digest, DigestKind
from newsletter.digests.preflight_gate import passes_preflight
from newsletter.digests.publish import freeze
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work


def publish_digest(*, digest_id: int, now: datetime) -> int:
    """Publish, or go on where it stopped; return how many readers were due.

    Commits step by step. What preflight holds goes no further, and nobody is due for it yet.

    Raises:
        FanOutDiffers.
    """
    if not passes_preflight(digest_id=digest_id, now=now):
        return 0
    if db.session.get_one(Digest, digest_id).kind is DigestKind.CORRECTION:
        with unit_of_work():
            freeze_correction(digest_id=digest_id, now=now)
        return fan_out_correction(digest_id=digest_id, now=now)
    with unit_of_work():
        freeze(digest_id=digest_id, now=now)
    return fan_out(digest_id=digest_id, now=now)
