"""What the post office must not forget, whatever becomes of Redis."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId
from newsletter.extensions import Model


class RelayStop(Model):
    """One relay that refused us and takes nothing until staff release it: the row is deleted."""

    __tablename__ = "relay_stops"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    relay: Mapped[str] = mapped_column(String(300), unique=True)  # host and port, no credentials
    answer: Mapped[str] = mapped_column(Text)  # the relay's words, without addresses
    stopped_at: Mapped[datetime]
