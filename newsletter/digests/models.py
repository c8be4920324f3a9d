"""Digest, what editors decided about it, what it carries, and its renderings."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.articles.models import Article
from newsletter.database import BigId
from newsletter.extensions import Model
from newsletter.publications.models import Cadence, Publication


class DigestState(StrEnum):
    """Where a digest stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"  # staff or the clock asked for it; a worker will publish it
    SENDING = "sending"
    SENT = "sent"  # every delivery is final
    CANCELLED = "cancelled"


#: Which state may follow which.
DIGEST_TRANSITIONS = {
    DigestState.DRAFT: {DigestState.SCHEDULED, DigestState.CANCELLED},
    DigestState.SCHEDULED: {DigestState.SENDING, DigestState.CANCELLED},
    DigestState.SENDING: {DigestState.SENT, DigestState.CANCELLED},
    DigestState.SENT: set(),
    DigestState.CANCELLED: set(),
}


class DigestKind(StrEnum):
    """What a digest is for."""

    DIGEST = "digest"
    #: One article again, to those who were mailed another text of it; moves no cursor.
    CORRECTION = "correction"


class Treatment(StrEnum):
    """How much of an article a digest carries."""

    FULL = "full"
    EXCERPT = "excerpt"
    HEADLINE = "headline"


class BlockLabel(StrEnum):
    """What stands above the block of a digest, so that nobody takes it for an article."""

    NOTICE = "notice"
    ADVERTISEMENT = "advertisement"


class Digest(Model):
    """One dated sending of one publication: to the readers of one cadence, or a correction."""

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("publication_id", "cadence", "slot"),
        Index("ix_digests_state", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    kind: Mapped[DigestKind] = mapped_column(default=DigestKind.DIGEST)
    cadence: Mapped[Cadence]  # of a correction: instant, for it goes at once
    #: The moment it was due; with publication and cadence it makes a digest happen once.
    slot: Mapped[datetime]
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[DigestState] = mapped_column(default=DigestState.DRAFT)
    reason: Mapped[str] = mapped_column(Text, default="")  # why cancelled, or why it waits
    paused_at: Mapped[datetime | None]
    #: When staff resumed it last: what came back of earlier mails does not pause it again.
    resumed_at: Mapped[datetime | None]
    #: When staff are to be told by mail that it paused itself.
    tell_pause_at: Mapped[datetime | None] = mapped_column(index=True)
    by_hand: Mapped[bool] = mapped_column(default=False)
    #: Goes only to readers with hours of their own; lists leave it out, its page exists.
    at_own_hours: Mapped[bool] = mapped_column(default=False)
    #: Ids of the reader hours whose slot this is; fixed at the start, as the publication's days
    #: may change before the fan-out.
    hours: Mapped[frozenset[int]] = mapped_column(default=frozenset())

    #: The subject staff wish for; empty: each variant is named after its own lead.
    subject: Mapped[str] = mapped_column(Text, default="")
    #: What mail programs show beside the subject; empty: the second headline.
    preheader: Mapped[str] = mapped_column(Text, default="")
    #: Markdown, above the articles.
    introduction: Mapped[str] = mapped_column(Text, default="")
    #: A word of the publisher or of a sponsor, below the articles; None: there is none.
    block_label: Mapped[BlockLabel | None]
    block_title: Mapped[str] = mapped_column(Text, default="")
    block_text: Mapped[str] = mapped_column(Text, default="")  # Markdown
    block_link: Mapped[str] = mapped_column(Text, default="")
    #: Counts what was saved, so that nobody writes over words she has not seen.
    version: Mapped[int] = mapped_column(default=1)
    #: Up to which position articles were there when the clock made the draft; what comes later
    #: joins it. None: no draft of the clock.
    drafted_upto: Mapped[int | None] = mapped_column(BigInteger)
    held_at: Mapped[datetime | None]  # a held draft outlasts its hour
    #: Staff are to be told of the draft from then on; None: they were, or need not be.
    tell_draft_at: Mapped[datetime | None]

    #: What the editor says about a correction.
    note: Mapped[str] = mapped_column(Text, default="")
    #: What the archive calls it, set when it is published.
    title: Mapped[str] = mapped_column(Text, default="")
    #: Articles after the first and up to the second position belong to it.
    position_from: Mapped[int] = mapped_column(BigInteger)
    position_upto: Mapped[int] = mapped_column(BigInteger)

    created_at: Mapped[datetime]
    #: When the clock answered for the slot: with a digest, a held draft, or one staff dealt with.
    started_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]  # content frozen, fan-out begun
    fanned_out_at: Mapped[datetime | None]  # every candidate has her delivery
    finished_at: Mapped[datetime | None]  # every delivery is final
    #: Until then one worker has its publishing in hand (`publishing.py`).
    publishing_until: Mapped[datetime | None]
    #: Beginnings since it last got on; too many, and it waits for staff.
    publish_attempts: Mapped[int] = mapped_column(default=0)
    #: Readers who were due at fan-out: queued and skipped together.
    candidates: Mapped[int] = mapped_column(default=0)

    @property
    def word(self) -> str:
        """What it is, in one word: its cadence, or "correction"."""
        return self.kind.value if self.kind is DigestKind.CORRECTION else self.cadence.value

    publication: Mapped[Publication] = relationship()
    articles: Mapped[list["DigestArticle"]] = relationship(
        back_populates="digest", order_by="DigestArticle.place", cascade="all, delete-orphan"
    )
    choices: Mapped[list["ArticleChoice"]] = relationship(
        order_by="ArticleChoice.place", cascade="all, delete-orphan"
    )


class ArticleChoice(Model):
    """What an editor decided about one article of a digest; without one it goes by itself."""

    __tablename__ = "article_choices"
    __table_args__ = (UniqueConstraint("digest_id", "article_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), index=True
    )
    place: Mapped[int | None]  # None: the order is that of the dates
    treatment: Mapped[Treatment | None]  # None: as much as is usual
    left_out: Mapped[bool] = mapped_column(default=False)
    #: Who left it out. No foreign key: the staff models bring the sign-in library, which no
    #: worker uses.
    staff_id: Mapped[int | None] = mapped_column(BigId)


class EditLock(Model):
    """Who writes on a draft at the moment; gone some time after she was last seen."""

    __tablename__ = "edit_locks"

    digest_id: Mapped[int] = mapped_column(
        ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    staff_id: Mapped[int] = mapped_column(BigId)  # no foreign key, as above
    since: Mapped[datetime]
    seen_at: Mapped[datetime]


class Revision(Model):
    """The words of an article as some digest carried them; equal words share one row."""

    __tablename__ = "article_revisions"
    __table_args__ = (UniqueConstraint("article_id", "words_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    words_hash: Mapped[str] = mapped_column(String(64))
    kept_at: Mapped[datetime]
    title: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(Text)
    content_html: Mapped[str] = mapped_column(Text)
    image_caption: Mapped[str] = mapped_column(Text)


class DigestArticle(Model):
    """An article in a digest, with what was said of it when the digest was frozen."""

    __tablename__ = "digest_articles"
    __table_args__ = (UniqueConstraint("digest_id", "article_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), index=True
    )
    place: Mapped[int]
    treatment: Mapped[Treatment]
    title: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(Text)
    # None while nothing is frozen, and in digests of before revisions were kept. No foreign key:
    # SQLite could add one only by copying the table, and both rows go with their article.
    revision_id: Mapped[int | None] = mapped_column(BigId)

    digest: Mapped[Digest] = relationship(back_populates="articles")
    article: Mapped[Article] = relationship()
    revision: Mapped[Revision | None] = relationship(
        primaryjoin="Revision.id == foreign(DigestArticle.revision_id)", viewonly=True
    )


class Variant(Model):
    """One rendering of a digest, for all who get the same articles in the same language."""

    __tablename__ = "variants"
    __table_args__ = (UniqueConstraint("digest_id", "language", "article_ids_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(16))
    #: Ids in the order they stand in the mail, comma-separated.
    article_ids: Mapped[str] = mapped_column(Text)
    article_ids_hash: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(Text)
    #: Rendered parts, per-recipient values still markers made from `nonce`.
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(String(32))

    digest: Mapped[Digest] = relationship()


class CountedLink(Model):
    """An address in the mails of a digest that leads by way of us; the same for all its readers."""

    __tablename__ = "counted_links"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"), index=True)
    #: Derived from digest and address (`counted_links.py`), so that rendering need not ask.
    token: Mapped[str] = mapped_column(String(32), unique=True)
    url: Mapped[str] = mapped_column(Text)
    clicks: Mapped[int] = mapped_column(BigInteger, default=0)
    #: Clicks that look like a scanner's; not among `clicks`.
    machine_clicks: Mapped[int] = mapped_column(BigInteger, default=0)

    digest: Mapped[Digest] = relationship()


class Audience(Model):
    """Readers of a digest who stand at the same cursor with the same topics and language."""

    __tablename__ = "audiences"
    __table_args__ = (UniqueConstraint("digest_id", "cursor", "topics", "language"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    cursor: Mapped[int] = mapped_column(BigInteger)
    topics: Mapped[frozenset[int]]
    language: Mapped[str] = mapped_column(String(16))
    #: None: nothing in this digest is for them, and their deliveries say so.
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
