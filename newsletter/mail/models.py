"""What the post office must not forget, whatever becomes of Redis."""

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
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


class SendingMark(Model):
    """How far sending has got, in one row: whether a database went back shows by it."""

    __tablename__ = "sending_marks"

    id: Mapped[int] = mapped_column(primary_key=True)  # 1
    number: Mapped[int] = mapped_column(BigInteger)  # grows each minute while workers run
    at: Mapped[datetime]
    held_since: Mapped[datetime | None]  # since then nothing is sent
    reason: Mapped[str] = mapped_column(Text, default="")
