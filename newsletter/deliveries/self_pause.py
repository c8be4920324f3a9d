"""A digest that comes back too often pauses itself, until staff resume it."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.deliveries.models import ACCEPTED, Delivery, DeliveryState, Feedback, FeedbackKind
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue

log = structlog.get_logger()

#: Cases from which a share says something, and the share of mails that is too much: what mailbox
#: providers begin to block senders for.
FLOORS = {FeedbackKind.HARD_BOUNCE: 10, FeedbackKind.COMPLAINT: 3}
LIMITS = {FeedbackKind.HARD_BOUNCE: 0.05, FeedbackKind.COMPLAINT: 0.001}
_WORDS = {
    FeedbackKind.HARD_BOUNCE: "came back for good",
    FeedbackKind.COMPLAINT: "were reported as spam",
}


def pause_if_bad(*, digest_id: int, kind: FeedbackKind, now: datetime) -> bool:
    """Pause a digest on its way if too much of it came back; say whether it did.

    Mails from before staff resumed it last do not count, on either side of the share.
    """
    if kind not in LIMITS:
        return False
    digest = db.session.get_one(Digest, digest_id)
    cases = _cases(digest, kind)
    if not _is_worth_counting(cases, kind) or digest.state is not DigestState.SENDING:
        return False
    tried = _tried(digest)
    if cases < LIMITS[kind] * tried:
        return False
    # Whoever holds it now pauses, cancels or ends it; the next case asks again.
    free = {"skip_locked": True}
    locked = db.session.get(Digest, digest_id, with_for_update=free, populate_existing=True)
    if locked is None or locked.state is not DigestState.SENDING or locked.paused_at is not None:
        return False
    digest.paused_at = digest.tell_pause_at = now
    digest.reason = _reason(kind, cases, tried)
    enqueue(Job.TELL_OF_PAUSE, digest_id=digest_id)
    log.error("digest_paused_itself", digest_id=digest_id, cases=cases, tried=tried)
    return True


def _is_worth_counting(cases: int, kind: FeedbackKind) -> bool:
    """Say whether to count the mails of a digest, of which there may be a million.

    Past 200 cases only every so many more, half a per cent of them, is a reason to look again.
    """
    return cases >= FLOORS[kind] and cases % max(1, cases // 200) == 0


def _cases(digest: Digest, kind: FeedbackKind) -> int:
    counted = sa.select(sa.func.count()).where(
        Feedback.digest_id == digest.id, Feedback.kind == kind
    )
    if digest.resumed_at is not None:
        counted = counted.where(Feedback.mailed_at >= digest.resumed_at)
    return int(db.session.scalars(counted).one())


def _tried(digest: Digest) -> int:
    """Count the mails that were accepted, and those that were refused for good."""
    accepted = sa.select(sa.func.count()).where(
        Delivery.digest_id == digest.id, Delivery.state.in_(ACCEPTED)
    )
    refused = (
        sa.select(sa.func.count())
        .select_from(Feedback)
        .join(Delivery, Delivery.id == Feedback.delivery_id)
        .where(Feedback.digest_id == digest.id, Feedback.kind == FeedbackKind.HARD_BOUNCE)
        .where(Delivery.state == DeliveryState.FAILED)
    )
    if digest.resumed_at is not None:
        accepted = accepted.where(Delivery.sent_at >= digest.resumed_at)
        refused = refused.where(Feedback.mailed_at >= digest.resumed_at)
    return int(db.session.scalars(accepted).one()) + int(db.session.scalars(refused).one())


def _reason(kind: FeedbackKind, cases: int, tried: int) -> str:
    return (
        f"It paused itself: {cases:,} of {tried:,} mails {_WORDS[kind]} "
        f"({100 * cases / tried:.1f} %; the limit is {100 * LIMITS[kind]:g} %)."
    )
