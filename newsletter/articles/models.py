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


class RestState(StrEnum):
    """Whether the site of a feed answers WordPress' REST interface."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"


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
    #: The server asked to be left alone until then; nothing brings a poll forward.
    wait_until: Mapped[datetime | None]
    ttl_seconds: Mapped[int | None]  # how long the document says that it holds
    #: The slot of a digest that the feed was read whole for.
    read_whole_for: Mapped[datetime | None]
    disabled: Mapped[bool] = mapped_column(default=False)

    #: The last good poll before more articles came than a feed shows, until they were found.
    gap_since: Mapped[datetime | None]

    rest_state: Mapped[RestState] = mapped_column(default=RestState.UNKNOWN)
    rest_url: Mapped[str] = mapped_column(String(2000), default="")
    rest_checked_at: Mapped[datetime | None]
    rest_note: Mapped[str] = mapped_column(Text, default="")  # why it is closed, or failed last
    hub_url: Mapped[str] = mapped_column(String(2000), default="")
    hub_topic: Mapped[str] = mapped_column(
        String(2000), default=""
    )  # the feed, as its hub knows it

    publication: Mapped[Publication] = relationship()


class HubLeaseState(StrEnum):
    """How we stand with a hub."""

    ASKED = "asked"  # it has to ask back before it tells us anything
    ACTIVE = "active"
    REFUSED = "refused"


class HubLease(Model):
    """A hub's promise to tell us, until a moment, that a feed has something new (WebSub)."""

    __tablename__ = "hub_leases"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), unique=True)
    hub_url: Mapped[str] = mapped_column(String(2000))
    topic_url: Mapped[str] = mapped_column(String(2000))
    #: Names the lease in the address that the hub calls; the secret is derived from it.
    key: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[HubLeaseState] = mapped_column(default=HubLeaseState.ASKED)
    asked_at: Mapped[datetime | None]  # set while the hub has yet to ask back
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    last_ping_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")  # what went wrong last

    feed: Mapped[Feed] = relationship()


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


#: Narrower pictures stand for an article only where there is no wider one.
NARROWEST_LEAD = 200
LOWEST_LEAD = 64


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
