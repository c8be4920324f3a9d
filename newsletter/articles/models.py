"""Article, and the ledger's states; what belongs to it is imported from here too."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.articles.feed_models import (
    Alarm,
    AlarmKind,
    Feed,
    HubLease,
    HubLeaseState,
    RestState,
)
from newsletter.articles.picture_models import (
    LOWEST_LEAD,
    NARROWEST_LEAD,
    ArticlePicture,
    Picture,
    PictureState,
)
from newsletter.database import BigId
from newsletter.extensions import Model, db
from newsletter.publications.models import Publication, Topic

__all__ = [
    "ARTICLE_TRANSITIONS",
    "LOWEST_LEAD",
    "NARROWEST_LEAD",
    "Alarm",
    "AlarmKind",
    "Article",
    "ArticlePicture",
    "ArticleState",
    "Feed",
    "HubLease",
    "HubLeaseState",
    "Picture",
    "PictureState",
    "RestState",
    "article_topics",
]


class ArticleState(StrEnum):
    """Whether digests may carry an article."""

    KNOWN = "known"  # was there when the feed was connected: never mailed
    OPEN = "open"
    HELD = "held"  # waits for staff, without a position
    DROPPED = "dropped"  # staff decided that it is never mailed


#: Which state may follow which.
ARTICLE_TRANSITIONS = {
    ArticleState.KNOWN: {ArticleState.OPEN},
    ArticleState.OPEN: {ArticleState.HELD, ArticleState.DROPPED},
    ArticleState.HELD: {ArticleState.OPEN, ArticleState.DROPPED},
    ArticleState.DROPPED: {ArticleState.OPEN},
}


article_topics = Table(
    "article_topics",
    db.metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "topic_id",
        ForeignKey("topics.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class Article(Model):
    """One written piece of a publication."""

    __tablename__ = "articles"
    __table_args__ = (
        UniqueConstraint("publication_id", "key"),
        UniqueConstraint("publication_id", "position"),
        Index("ix_articles_published", "publication_id", "published_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id", ondelete="SET NULL"))
    #: What the ledger knows it by: GUID, else link, else a hash of title and date.
    key: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    #: Its number in the order we learned of it; none while held, a new one at release, so
    #: that every reader's cursor is still before it.
    position: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[ArticleState]
    reason: Mapped[str] = mapped_column(Text, default="")  # why held or dropped
    found_at: Mapped[datetime]
    # No foreign key: SQLite could add one only by copying the table, and alarms are kept.
    alarm_id: Mapped[int | None] = mapped_column(BigId, index=True)  # what held it with others
    #: It is released by itself then, or was: a future-dated one, or one whose page is back.
    held_until: Mapped[datetime | None] = mapped_column(index=True)
    released_at: Mapped[datetime | None]  # the last time; its position is of that moment
    #: The date its feed gave last; `published_at` stays what it was at first.
    source_date: Mapped[datetime | None]

    link: Mapped[str] = mapped_column(String(2000), default="")
    title: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime]  # when it was found, if the feed does not say
    modified_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(16), default="")
    content_html: Mapped[str] = mapped_column(Text, default="")
    excerpt: Mapped[str] = mapped_column(Text, default="")
    reading_minutes: Mapped[int] = mapped_column(default=1)
    comment_count: Mapped[int | None]
    comments_url: Mapped[str] = mapped_column(String(2000), default="")
    image_url: Mapped[str] = mapped_column(String(2000), default="")
    image_alt: Mapped[str] = mapped_column(Text, default="")
    image_caption: Mapped[str] = mapped_column(Text, default="")
    image_credit: Mapped[str] = mapped_column(Text, default="")
    image_width: Mapped[int | None]
    image_height: Mapped[int | None]
    #: What the article's own page shows to social networks; a last resort.
    page_image_url: Mapped[str] = mapped_column(String(2000), default="")
    page_image_alt: Mapped[str] = mapped_column(Text, default="")
    page_attempts: Mapped[int] = mapped_column(default=0)
    read_page_at: Mapped[datetime | None] = mapped_column(index=True)  # when to look there next
    #: None: to be listed anew by the sweeper.
    pictures_listed_at: Mapped[datetime | None] = mapped_column(index=True)
    #: WordPress' own record of it was seen, which knows more than the feed.
    enriched: Mapped[bool] = mapped_column(default=False)

    publication: Mapped[Publication] = relationship()
    feed: Mapped[Feed | None] = relationship()
    alarm: Mapped[Alarm | None] = relationship(
        primaryjoin="Alarm.id == foreign(Article.alarm_id)", viewonly=True
    )
    topics: Mapped[list[Topic]] = relationship(secondary=article_topics, order_by=Topic.name)
    pictures: Mapped[list[ArticlePicture]] = relationship(
        order_by=ArticlePicture.place, cascade="all, delete-orphan"
    )

    @property
    def picture(self) -> ArticlePicture | None:
        """The picture that stands for the article, of those that we serve."""
        able = [each for each in self.pictures if each.may_lead and each.is_stored]
        large = (each for each in able if (each.picture.width or 0) >= NARROWEST_LEAD)
        fair = (each for each in able if min(_size(each)) >= LOWEST_LEAD)
        return next(large, None) or next(fair, None)


def _size(one: ArticlePicture) -> tuple[int, int]:
    return one.picture.width or 0, one.picture.height or 0
