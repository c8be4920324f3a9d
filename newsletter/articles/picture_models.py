"""Picture and ArticlePicture: what we serve, and where it stands."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.extensions import Model


class PictureState(StrEnum):
    """Whether we serve a picture."""

    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"  # the reason says why; not asked for again


class Picture(Model):
    """A picture of the publisher's, fetched once and served by us; `file` names what is kept."""

    __tablename__ = "pictures"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_url: Mapped[str] = mapped_column(String(2000))
    source_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[PictureState] = mapped_column(default=PictureState.WAITING)
    reason: Mapped[str] = mapped_column(Text, default="")  # why refused, or failed last
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    file: Mapped[str] = mapped_column(String(80), default="")  # SHA-256 of the octets, and kind
    narrow_file: Mapped[str] = mapped_column(String(80), default="")  # for beside an excerpt
    width: Mapped[int | None]
    height: Mapped[int | None]
    octets: Mapped[int | None]
    created_at: Mapped[datetime]
    stored_at: Mapped[datetime | None]


class ArticlePicture(Model):
    """A picture at its place in an article, with the words that stand beside it there."""

    __tablename__ = "article_pictures"

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    picture_id: Mapped[int] = mapped_column(
        ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    place: Mapped[int]  # in the order in which they may stand for the article
    may_lead: Mapped[bool]
    alt: Mapped[str] = mapped_column(Text, default="")
    caption: Mapped[str] = mapped_column(Text, default="")
    credit: Mapped[str] = mapped_column(Text, default="")

    picture: Mapped[Picture] = relationship(lazy="joined")

    @property
    def is_stored(self) -> bool:
        """Whether we serve it."""
        return self.picture.state is PictureState.STORED

    @property
    def caption_line(self) -> str:
        """The caption, with a full stop where the credit follows it."""
        is_ended = self.caption.rstrip("”\"»’'")[-1:] in (*".!?…。！？؟", "")
        return self.caption if is_ended or not self.credit else f"{self.caption}."


#: Narrower pictures stand for an article only where there is no wider one.
NARROWEST_LEAD = 200
LOWEST_LEAD = 64
