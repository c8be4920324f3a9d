"""Suppression: an address that gets no mail, whatever it subscribed to; and what leads to one."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId, Bytewise
from newsletter.extensions import Model


class SuppressionReason(StrEnum):
    """Why an address is silenced."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


class Suppression(Model):
    """One silenced address, recognised by its keyed hash so that it outlives erasure."""

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: The address, case-folded, for staff to read and search; empty once its reader is erased.
    address_key: Mapped[str] = mapped_column(Bytewise, default="", index=True)
    reason: Mapped[SuppressionReason] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class SoftPoint(Model):
    """A UTC day on which mail to an address came back soft."""

    __tablename__ = "soft_points"
    __table_args__ = (UniqueConstraint("address_hash", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    day: Mapped[datetime]
