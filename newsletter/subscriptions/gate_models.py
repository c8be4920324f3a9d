"""What the signup gate remembers: letters caused per address, checks used up, the breaker."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId
from newsletter.extensions import Model


class LetterShare(Model):
    """The last three letters that signups caused to one address, however it was spelled."""

    __tablename__ = "letter_shares"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: Keyed hash of what all spellings of the address have in common (`spellings.py`).
    spelling_hash: Mapped[str] = mapped_column(String(64), unique=True)
    latest_at: Mapped[datetime] = mapped_column(index=True)
    second_at: Mapped[datetime | None]
    third_at: Mapped[datetime | None]


class UsedPass(Model):
    """A solved check that has let one signup through and lets no other."""

    __tablename__ = "used_passes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    #: When the check expires by itself, so that the row is needed no longer.
    until: Mapped[datetime] = mapped_column(index=True)


class SignupBreaker(Model):
    """The one row that says whether every signup is checked, and by which rule."""

    __tablename__ = "signup_breaker"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: It trips once so many letters an hour asked for a confirmation …
    floor: Mapped[int] = mapped_column(default=60)
    #: … and fewer of a hundred than this confirmed.
    least_percent: Mapped[int] = mapped_column(default=20)
    tripped_at: Mapped[datetime | None]
    #: What it saw when it looked last.
    asked: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    #: When staff are to be told by mail; None: nothing to tell.
    tell_at: Mapped[datetime | None]
