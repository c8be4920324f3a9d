"""Batch, Delivery and Feedback: the record of what was sent to whom, and what came back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.digests.models import Digest, Variant
from newsletter.extensions import Model
from newsletter.subscriptions.models import Subscription


class DeliveryState(StrEnum):
    """Where a delivery stands; `sent` means accepted by the next mail server, never more."""

    QUEUED = "queued"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SKIPPED = "skipped"
    BOUNCED = "bounced"  # sent, and came back
    COMPLAINED = "complained"  # sent, and reported as spam


#: States in which a delivery still waits to be sent.
WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
#: States of what the next mail server accepted, whatever came back later.
ACCEPTED = (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.COMPLAINED)


class SkipReason(StrEnum):
    """Why a reader who was due was left out."""

    NOTHING_NEW = "nothing_new"  # no article of her topics
    UNSUBSCRIBED = "unsubscribed"
    PAUSED = "paused"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class FeedbackKind(StrEnum):
    """What came back."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"


class BatchState(StrEnum):
    """Where a batch stands."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"


class Batch(Model):
    """A run of deliveries that one worker leases."""

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_due", "state", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"), index=True)
    state: Mapped[BatchState] = mapped_column(default=BatchState.QUEUED)
    size: Mapped[int]
    #: Raised by every lease: a worker whose number is no longer the row's may write nothing.
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime]
    #: Leases that expired without a word: the worker died.
    lost_leases: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(Text, default="")  # why it waits, for staff

    digest: Mapped[Digest] = relationship()


class Delivery(Model):
    """One digest to one subscription."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("digest_id", "subscription_id"),
        Index("ix_deliveries_progress", "digest_id", "state"),
        Index("ix_deliveries_batch_order", "batch_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    # No foreign keys: fan-out joins both in the transaction that writes them, digests take all
    # three along, and checking them for each row was a tenth of a fan-out.
    variant_id: Mapped[int | None] = mapped_column(BigId)
    batch_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[DeliveryState]
    reason: Mapped[str] = mapped_column(String(64), default="")  # a SkipReason, where skipped
    attempts: Mapped[int] = mapped_column(default=0)
    #: Times the connection broke after the last byte, before the relay's answer.
    doubts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(Text, default="")  # the relay's code and words

    digest: Mapped[Digest] = relationship()
    subscription: Mapped[Subscription] = relationship()
    variant: Mapped[Variant | None] = relationship(
        primaryjoin="Variant.id == foreign(Delivery.variant_id)", viewonly=True
    )


class Feedback(Model):
    """What came back about one delivery; each kind once, however many reports tell of it."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("delivery_id", "kind"),
        Index("ix_feedback_digest", "digest_id", "kind"),
        Index("ix_feedback_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    # No foreign key: it goes with its delivery, and must not wait for whoever locks the digest.
    digest_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[FeedbackKind]
    at: Mapped[datetime]
    mailed_at: Mapped[datetime]  # when the mail that it is about went out
    status: Mapped[str] = mapped_column(String(16), default="")  # RFC 3463
    text: Mapped[str] = mapped_column(Text, default="")  # no address in it
    domain: Mapped[str] = mapped_column(String(253), default="")  # of the reader's address

    delivery: Mapped[Delivery] = relationship()
    digest: Mapped[Digest] = relationship(
        primaryjoin="Digest.id == foreign(Feedback.digest_id)", viewonly=True
    )
