"""Former choices: what a reader had chosen before somebody with a footer link changed it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.extensions import Model
from newsletter.publications.models import Cadence
from newsletter.subscriptions.models import Letter


class FormerChoices(Model):
    """Kept with the letter that tells of the change, while its link can set them back."""

    __tablename__ = "former_choices"

    letter_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True
    )
    cadence: Mapped[Cadence]
    topics: Mapped[frozenset[int]]
    language: Mapped[str] = mapped_column(String(16))
    hours_id: Mapped[int | None] = mapped_column(ForeignKey("reader_hours.id"))
    paused_until: Mapped[datetime | None]
    #: Whether she allowed that opens of her mails are noticed.
    allows_opens: Mapped[bool]

    letter: Mapped[Letter] = relationship()
