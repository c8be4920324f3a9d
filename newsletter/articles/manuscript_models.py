"""Manuscript: an article as staff write it, and the pictures they gave it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.articles.models import Article, Picture
from newsletter.database import BigId
from newsletter.extensions import Model
from newsletter.publications.models import Publication


class Manuscript(Model):
    """What staff typed; its article has the words that were published last."""

    __tablename__ = "manuscripts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publications.id", ondelete="CASCADE"), index=True
    )
    #: None: it was never published.
    article_id: Mapped[int | None] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), unique=True
    )
    #: Raised by each change; whoever saves an older one is told that somebody else was at it.
    version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]

    title: Mapped[str] = mapped_column(Text, default="")
    standfirst: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[str] = mapped_column(String(500), default="")
    topics: Mapped[str] = mapped_column(Text, default="")  # one name a line
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown
    last_picture: Mapped[int] = mapped_column(default=0)  # the number given out last
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    publication: Mapped[Publication] = relationship()
    article: Mapped[Article | None] = relationship()
    pictures: Mapped[list["ManuscriptPicture"]] = relationship(
        order_by="ManuscriptPicture.number", cascade="all, delete-orphan"
    )

    @property
    def is_published(self) -> bool:
        """Whether an article was made of it."""
        return self.article_id is not None

    @property
    def has_unpublished_changes(self) -> bool:
        """Whether readers are yet to see what it says."""
        return self.version != self.published_version


class ManuscriptPicture(Model):
    """A picture that staff uploaded, with the words that stand beside it."""

    __tablename__ = "manuscript_pictures"

    manuscript_id: Mapped[int] = mapped_column(
        ForeignKey("manuscripts.id", ondelete="CASCADE"), primary_key=True
    )
    picture_id: Mapped[int] = mapped_column(
        ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    number: Mapped[int]  # what the text calls it by; of one that was taken out, never again
    leads: Mapped[bool] = mapped_column(default=False)  # stands for the article
    alt: Mapped[str] = mapped_column(Text, default="")
    caption: Mapped[str] = mapped_column(Text, default="")
    credit: Mapped[str] = mapped_column(Text, default="")

    picture: Mapped[Picture] = relationship(lazy="joined")
