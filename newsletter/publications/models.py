"""Publication, its topics and DKIM keys, and how its sending domain stood when looked at last."""

from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.extensions import Model
from newsletter.mail.dkim_record import Algorithm


class Cadence(StrEnum):
    """How often a reader wants a digest."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class DatePolicy(StrEnum):
    """What happens to a new article whose date is odd."""

    INCLUDE = "include"
    HOLD = "hold"
    IGNORE = "ignore"  # file it as dropped


class DisposablePolicy(StrEnum):
    """What happens to a signup by an address that lives for an hour."""

    ALLOW = "allow"
    WARN = "warn"  # ask the reader first
    REFUSE = "refuse"


class Publication(Model):
    """Something readers subscribe to, with its sender, look and hours."""

    __tablename__ = "publications"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    tagline: Mapped[str] = mapped_column(Text, default="")
    about: Mapped[str] = mapped_column(Text, default="")
    site_url: Mapped[str] = mapped_column(String(2000))
    language: Mapped[str] = mapped_column(String(16), default="en")
    #: Further languages that readers may choose for mails and pages, separated by commas.
    languages: Mapped[str] = mapped_column(String(200), default="")

    from_name: Mapped[str] = mapped_column(String(200))
    from_email: Mapped[str] = mapped_column(String(320))
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    contact_email: Mapped[str] = mapped_column(String(320), default="")
    postal_address: Mapped[str] = mapped_column(Text, default="")
    copyright_line: Mapped[str] = mapped_column(String(300), default="")

    accent: Mapped[str] = mapped_column(String(7), default="#0B3D6B")
    logo: Mapped[str] = mapped_column(String(300), default="")

    #: Whether a reader who confirmed gets a letter with the latest digest.
    welcome: Mapped[bool] = mapped_column(default=True)
    default_cadence: Mapped[Cadence] = mapped_column(default=Cadence.WEEKLY)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    send_at: Mapped[time] = mapped_column(default=time(8, 0))  # wall clock of time_zone
    weekly_day: Mapped[int] = mapped_column(default=0)  # Monday is 0, as in datetime.weekday()
    monthly_day: Mapped[int] = mapped_column(default=1)  # 1 to 28, so that every month has it
    #: So long before its hour a digest is a draft that editors can change or stop; 0: never.
    draft_lead_minutes: Mapped[int] = mapped_column(default=0)

    #: Rules for odd dates; a change concerns what is found afterwards.
    late_articles: Mapped[DatePolicy] = mapped_column(default=DatePolicy.INCLUDE)
    back_dated_articles: Mapped[DatePolicy] = mapped_column(default=DatePolicy.HOLD)
    future_articles: Mapped[DatePolicy] = mapped_column(default=DatePolicy.HOLD)

    disposable_addresses: Mapped[DisposablePolicy] = mapped_column(default=DisposablePolicy.WARN)
    #: Days for which the network address and browser of a consent step are kept; 0: not at all.
    traces_days: Mapped[int] = mapped_column(default=30)
    #: Whether links of its mails lead by way of us, to count how often each is opened.
    counts_clicks: Mapped[bool] = mapped_column(default=False)
    #: Whether readers may consent to being noticed when they open a mail.
    counts_opens: Mapped[bool] = mapped_column(default=False)
    #: Readers who consented to that are asked after so many months without a sign of life whether
    #: they still want the mails; 0: never. And whether the mails end if they do not answer.
    ask_after_months: Mapped[int] = mapped_column(default=0)
    ends_unanswered: Mapped[bool] = mapped_column(default=False)

    #: Position of the newest article; only `articles` raises it, under a lock on this row.
    last_position: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]

    topics: Mapped[list["Topic"]] = relationship(
        back_populates="publication", order_by="Topic.name", cascade="all, delete-orphan"
    )

    dkim_keys: Mapped[list["DkimKey"]] = relationship(
        back_populates="publication", order_by="DkimKey.id", cascade="all, delete-orphan"
    )

    @property
    def offered_languages(self) -> list[str]:
        """Languages a reader can choose, the publication's own first."""
        further = [tag for tag in (self.languages or "").split(",") if tag]
        return list(dict.fromkeys([self.language, *further]))

    @property
    def offered_topics(self) -> list["Topic"]:
        """Topics a reader can choose."""
        return [topic for topic in self.topics if topic.offered]


class Topic(Model):
    """A category of articles; readers can choose the offered ones."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("publication_id", "slug"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    offered: Mapped[bool] = mapped_column(default=False)

    publication: Mapped[Publication] = relationship(back_populates="topics")


class DkimKeyState(StrEnum):
    """Where a key stands: `waiting → active → retired`, or retired at once."""

    WAITING = "waiting"  # made; DNS may not have it yet
    ACTIVE = "active"
    RETIRED = "retired"


class DkimKey(Model):
    """A key that signs a publication's mail; one of each algorithm is active at a time."""

    __tablename__ = "dkim_keys"
    __table_args__ = (
        # Two keys would need two records under one name in DNS.
        UniqueConstraint("domain", "selector"),
        Index(
            "uq_dkim_keys_active",
            "publication_id",
            "algorithm",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    domain: Mapped[str] = mapped_column(String(253))
    selector: Mapped[str] = mapped_column(String(63))
    algorithm: Mapped[Algorithm]
    state: Mapped[DkimKeyState] = mapped_column(default=DkimKeyState.WAITING)
    public_key: Mapped[str] = mapped_column(Text)  # base64, as in DNS
    private_key: Mapped[str] = mapped_column(Text)  # encrypted; empty once retired
    created_at: Mapped[datetime]

    publication: Mapped[Publication] = relationship(back_populates="dkim_keys")


class DomainCheck(Model):
    """What the last look at a publication's sending domain found."""

    __tablename__ = "domain_checks"

    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    checked_at: Mapped[datetime]
    findings: Mapped[str] = mapped_column(Text)  # JSON, see `mail/domain_findings.py`
