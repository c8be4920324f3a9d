"""Suppression: an address that gets no mail, whatever it is subscribed to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId
from newsletter.extensions import Model


class SuppressionReason(StrEnum):
    """Why an address is silenced."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


class Suppression(Model):
    """One silenced address, known by its keyed hash alone so that it outlives erasure."""

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    reason: Mapped[SuppressionReason]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
