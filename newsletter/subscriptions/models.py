"""Subscriber, Subscription, and letters to one reader; consent is imported from here too."""

from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId, Bytewise
from newsletter.extensions import Model
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours, hours_of
from newsletter.subscriptions.consent_models import (
    ConsentEvent,
    ConsentStep,
    ConsentWording,
    LegalBasis,
    Source,
)

__all__ = [
    "TRANSITIONS",
    "AddressChange",
    "AddressChangeState",
    "ConsentEvent",
    "ConsentStep",
    "ConsentWording",
    "LegalBasis",
    "Letter",
    "LetterKind",
    "LetterState",
    "ReaderHours",
    "Source",
    "Subscriber",
    "SubscriberCount",
    "Subscription",
    "SubscriptionState",
]


class SubscriptionState(StrEnum):
    """Where a subscription stands: pending → confirmed → unsubscribed, and round again."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


#: Which state may follow which.
TRANSITIONS = {
    SubscriptionState.PENDING: {SubscriptionState.CONFIRMED, SubscriptionState.UNSUBSCRIBED},
    SubscriptionState.CONFIRMED: {SubscriptionState.UNSUBSCRIBED},
    SubscriptionState.UNSUBSCRIBED: {SubscriptionState.PENDING, SubscriptionState.CONFIRMED},
}


class Subscriber(Model):
    """One address we know."""

    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    #: Case-folded address: what makes two spellings one reader, and what staff search by.
    email_key: Mapped[str] = mapped_column(Bytewise, unique=True)
    #: Keyed hash of the address, to meet the suppressions in SQL, by their index.
    address_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]

    subscriptions: Mapped[list["Subscription"]] = relationship(
        back_populates="subscriber", cascade="all, delete-orphan"
    )


class ReaderHours(Model):
    """Hours that readers chose: few rows, however many readers share them."""

    __tablename__ = "reader_hours"
    __table_args__ = (UniqueConstraint("send_at", "time_zone"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    send_at: Mapped[time]  # wall clock of time_zone
    time_zone: Mapped[str] = mapped_column(String(64))

    @property
    def hours(self) -> Hours:
        """The hours as a value."""
        return Hours(self.send_at, self.time_zone)


class Subscription(Model):
    """One reader's wish for one publication."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "publication_id"),
        Index("ix_subscriptions_audience", "publication_id", "state", "cadence", "id"),
        Index(
            "ix_subscriptions_hours",
            "publication_id",
            "hours_id",
            "hours_from",
            sqlite_where=text("hours_id IS NOT NULL"),
            postgresql_where=text("hours_id IS NOT NULL"),
        ),
        Index(
            "ix_subscriptions_former_hours",
            "publication_id",
            "hours_from",
            sqlite_where=text("former_hours_id IS NOT NULL"),
            postgresql_where=text("former_hours_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    state: Mapped[SubscriptionState] = mapped_column(default=SubscriptionState.PENDING)
    cadence: Mapped[Cadence]
    #: Ids of the chosen topics; empty means every article.
    topics: Mapped[frozenset[int]] = mapped_column(default=frozenset())
    language: Mapped[str] = mapped_column(String(16), default="en")
    #: Position of the last article this subscription has been considered for.
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    paused_until: Mapped[datetime | None]
    #: Hours of her own; None: the publication's.
    hours_id: Mapped[int | None] = mapped_column(ForeignKey("reader_hours.id"))
    #: Those she had before, which count until `hours_from` (see `hours.choose_hours`), and the
    #: moment from which they did; None: from the beginning.
    former_hours_id: Mapped[int | None] = mapped_column(ForeignKey("reader_hours.id"))
    former_from: Mapped[datetime | None]
    hours_from: Mapped[datetime | None]
    legal_basis: Mapped[LegalBasis] = mapped_column(default=LegalBasis.DOUBLE_OPT_IN)
    #: Counts the times she left; a confirmation link of an earlier round opens nothing.
    round: Mapped[int] = mapped_column(default=1)
    #: The round whose end she gave a reason for; which one is only counted, without her.
    reason_round: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    signed_up_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]

    subscriber: Mapped[Subscriber] = relationship(back_populates="subscriptions")
    publication: Mapped[Publication] = relationship()
    own_hours: Mapped[ReaderHours | None] = relationship(foreign_keys=[hours_id])
    former_hours: Mapped[ReaderHours | None] = relationship(foreign_keys=[former_hours_id])

    @property
    def hours(self) -> Hours:
        """The hours she chose, or else the publication's; from when on, `hours_from` says."""
        return self.own_hours.hours if self.own_hours else hours_of(self.publication)

    def hours_at(self, moment: datetime) -> Hours:
        """Return the hours that count at a moment, those from before a change until it counts."""
        if self.hours_from is None or moment >= self.hours_from:
            return self.hours
        return self.former_hours.hours if self.former_hours else hours_of(self.publication)


class LetterKind(StrEnum):
    """A single mail to one reader."""

    CONFIRMATION = "confirmation"
    ALREADY_CONFIRMED = "already_confirmed"
    WELCOME = "welcome"  # one at most for each subscription
    LEFT = "left"
    PERSONAL_LINK = "personal_link"
    NEW_ADDRESS = "new_address"
    ADDRESS_TAKEN = "address_taken"
    ADDRESS_CHANGED = "address_changed"
    STILL_WANTED = "still_wanted"  # asks a silent reader
    ENDED = "ended"  # she did not answer
    CHOICES_CHANGED = "choices_changed"  # by a link that others may hold too


class LetterState(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    BOUNCED = "bounced"  # sent, and came back for good
    COMPLAINED = "complained"  # sent, and reported as spam


class Letter(Model):
    """One single mail that is owed to a reader: the row is the record, the job a hint."""

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_due", "state", "next_attempt_at"),
        Index(
            "uq_letters_welcome",
            "subscription_id",
            unique=True,
            sqlite_where=text("kind = 'welcome'"),
            postgresql_where=text("kind = 'welcome'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[LetterKind]
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[LetterState] = mapped_column(default=LetterState.QUEUED)
    reason: Mapped[str] = mapped_column(Text, default="")
    requested_at: Mapped[datetime] = mapped_column(index=True)
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    #: Until then one worker has it in hand; nobody else sends it.
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: Says to which address the letter goes, where that is not the reader's own.
    address_change_id: Mapped[int | None] = mapped_column(
        ForeignKey("address_changes.id", ondelete="SET NULL")
    )

    subscription: Mapped[Subscription] = relationship()
    address_change: Mapped["AddressChange | None"] = relationship()


class AddressChangeState(StrEnum):
    """Where a change of address stands: asked → done → undone."""

    ASKED = "asked"
    DONE = "done"
    UNDONE = "undone"


class AddressChange(Model):
    """A reader's wish to be written to elsewhere; kept while it can happen or be undone."""

    __tablename__ = "address_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: Asked for through it; its publication writes the letters.
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[AddressChangeState] = mapped_column(default=AddressChangeState.ASKED)
    old_email: Mapped[str] = mapped_column(String(320))
    new_email: Mapped[str] = mapped_column(String(320))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    #: When the reader's address last moved by it, there or back.
    changed_at: Mapped[datetime | None]

    subscription: Mapped[Subscription] = relationship()


class SubscriberCount(Model):
    """How many subscriptions of a publication stood in each state at the end of a UTC day."""

    __tablename__ = "subscriber_counts"
    __table_args__ = (UniqueConstraint("publication_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    day: Mapped[datetime]
    pending: Mapped[int]
    confirmed: Mapped[int]
    unsubscribed: Mapped[int]
