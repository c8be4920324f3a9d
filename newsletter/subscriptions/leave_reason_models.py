"""LeaveReasonCount: why readers left, counted without them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId
from newsletter.extensions import Model


class LeaveReason(StrEnum):
    """Why readers leave, as they may tell afterwards."""

    TOO_MANY = "too_many"
    NOT_FOR_ME = "not_for_me"
    NEVER_ASKED = "never_asked"
    READ_ELSEWHERE = "read_elsewhere"
    OTHER = "other"


class LeaveReasonCount(Model):
    """How many readers of a publication gave a reason on a UTC day; nobody's name is with it."""

    __tablename__ = "leave_reason_counts"
    __table_args__ = (UniqueConstraint("publication_id", "day", "reason"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    day: Mapped[datetime]
    reason: Mapped[LeaveReason]
    readers: Mapped[int] = mapped_column(default=0)
