"""Feed, HubLease and Alarm: where articles come from, and what about them was not believed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.extensions import Model
from newsletter.publications.models import Publication


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
    """What about a feed's new articles was not believed, or kept one back."""

    BURST = "burst"  # more at once than its history makes plausible
    DATES = "dates"  # the dates of articles that we know changed
    GUIDS = "guids"  # the identifiers of articles that we know changed
    LATE = "late"  # by the publication's rule
    BACK_DATED = "back_dated"  # by the publication's rule
    PAGE = "page"  # of one article: its own page is gone


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
