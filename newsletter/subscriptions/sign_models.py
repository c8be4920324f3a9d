"""The last sign of life of a reader who consented to opens; without consent there is no row."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.extensions import Model
from newsletter.subscriptions.models import Subscription


class SignOfLife(Model):
    """One reader's consent to opens while it lasts, and the day on which she was last there."""

    __tablename__ = "signs_of_life"
    __table_args__ = (Index("ix_signs_of_life_silent", "publication_id", "last_sign_on"),)

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Once more, for the index: a publication's silent readers are one range of it.
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    allowed_at: Mapped[datetime]
    #: The day in UTC, and no more: neither the hour nor the mail.
    last_sign_on: Mapped[date]
    #: When she was asked whether she still wants the mails; None: not since her last sign.
    asked_at: Mapped[datetime | None]
    #: Whether she was told that the mails end if she does not answer.
    ends_unanswered: Mapped[bool] = mapped_column(default=False)

    subscription: Mapped[Subscription] = relationship()
