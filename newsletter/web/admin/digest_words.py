"""The words that staff read about digests and deliveries."""

from newsletter.deliveries.models import DeliveryState, FeedbackKind, SkipReason
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.preflight_hold import hold_of
from newsletter.web.words import CADENCE_ADJECTIVES

#: States in which figures move by themselves.
MOVING = (DigestState.SCHEDULED, DigestState.SENDING)

SKIP_WORDS = {
    SkipReason.NOTHING_NEW: "nothing of their topics",
    SkipReason.UNSUBSCRIBED: "unsubscribed",
    SkipReason.PAUSED: "paused by the reader",
    SkipReason.SUPPRESSED: "address suppressed",
    SkipReason.CANCELLED: "digest cancelled",
}

DELIVERY_WORDS = {
    DeliveryState.QUEUED: "queued",
    DeliveryState.SENT: "sent: accepted by the next mail server",
    DeliveryState.DEFERRED: "deferred: tried again later",
    DeliveryState.FAILED: "failed: refused for good",
    DeliveryState.SKIPPED: "skipped: left out",
    DeliveryState.BOUNCED: "bounced: sent and came back",
    DeliveryState.COMPLAINED: "complained: sent and reported as spam",
}

FEEDBACK_WORDS = {
    FeedbackKind.HARD_BOUNCE: "hard bounce",
    FeedbackKind.SOFT_BOUNCE: "soft bounce",
    FeedbackKind.COMPLAINT: "complaint",
}


def digest_name(digest: Digest) -> str:
    """Return what staff call a digest: its title, its wished subject, or its kind."""
    if digest.title or digest.subject:
        return digest.title or digest.subject
    if digest.kind is DigestKind.CORRECTION:
        return f"Correction: {digest.articles[0].title}"
    return f"{CADENCE_ADJECTIVES[digest.cadence]} digest"


def kind_words(digest: Digest) -> str:
    """Return what sort of digest it is."""
    is_correction = digest.kind is DigestKind.CORRECTION
    return "Correction" if is_correction else CADENCE_ADJECTIVES[digest.cadence]


def state_words(digest: Digest) -> str:
    """Return the state; a paused sending says so, and what staff or preflight hold."""
    if digest.state is DigestState.SENDING and digest.paused_at is not None:
        return "paused"
    if digest.state is DigestState.DRAFT and digest.held_at is not None:
        return "held"
    if hold_of(digest) is not None:
        return "held"
    return digest.state.value


def skip_words(reason: str) -> str:
    """Return why a reader was left out."""
    return next((words for key, words in SKIP_WORDS.items() if key == reason), reason)
