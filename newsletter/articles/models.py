"""Feed and Article: where written pieces come from, and the ledger of them."""

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

from newsletter.database import BigId
from newsletter.extensions import Model, db
from newsletter.publications.models import Publication, Topic


class Feed(Model):
    """A web feed that a publication's articles come from."""

    __tablename__ = "feeds"
    __table_args__ = (UniqueConstraint("publication_id", "url"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(2000))
    title: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    #: Set once the first fetch has filed what was there as known.
    connected_at: Mapped[datetime | None]

    etag: Mapped[str] = mapped_column(String(500), default="")
    last_modified: Mapped[str] = mapped_column(String(200), default="")
    last_polled_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new_article_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_seconds: Mapped[float | None]
    last_count: Mapped[int | None]  # articles in the document that was read last
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_warnings: Mapped[str] = mapped_column(Text, default="")  # one a line
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    next_poll_at: Mapped[datetime] = mapped_column(index=True)
    disabled: Mapped[bool] = mapped_column(default=False)

    publication: Mapped[Publication] = relationship()


class AlarmKind(StrEnum):
    """What about a feed's new articles was not believed."""

    BURST = "burst"  # more at once than its history makes plausible
    DATES = "dates"  # the dates of articles that we know changed
    LATE = "late"  # by the publication's rule
    BACK_DATED = "back_dated"  # by the publication's rule


class Alarm(Model):
    """New articles of one feed, held together until staff release or drop all of them.

    It is open while any of its articles waits: see `articles.alarms`.
    """

    __tablename__ = "alarms"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publications.id", ondelete="CASCADE"), index=True
    )
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id", ondelete="SET NULL"))
    kind: Mapped[AlarmKind]
    reason: Mapped[str] = mapped_column(Text)  # in words, for staff
    raised_at: Mapped[datetime]
    tell_at: Mapped[datetime | None]  # when owners and editors are mailed; None: they were

    feed: Mapped[Feed | None] = relationship()


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
    #: A future-dated article is released by itself then.
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

    publication: Mapped[Publication] = relationship()
    feed: Mapped[Feed | None] = relationship()
    alarm: Mapped[Alarm | None] = relationship(
        primaryjoin="Alarm.id == foreign(Article.alarm_id)", viewonly=True
    )
    topics: Mapped[list[Topic]] = relationship(secondary=article_topics, order_by=Topic.name)
