"""Consent: why a reader may be mailed, what she agreed to, and each step of it as evidence."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.extensions import Model


class LegalBasis(StrEnum):
    """Why a confirmed reader may be mailed."""

    DOUBLE_OPT_IN = "double_opt_in"
    SOFT_OPT_IN = "soft_opt_in"
    IMPORTED_EVIDENCE = "imported_evidence"


class Source(StrEnum):
    """The door a request came through."""

    PAGE = "page"
    FOREIGN_FORM = "foreign_form"
    JSON = "json"
    MAIL_LINK = "mail_link"
    ONE_CLICK = "one_click"
    MAIL = "mail"
    IMPORT = "import"
    STAFF = "staff"
    COMPLAINT = "complaint"
    SILENCE = "silence"  # nobody pressed anything: she did not answer in time


class ConsentWording(Model):
    """The words a reader agreed to; a changed wording is a new row, old rows stay."""

    __tablename__ = "consent_wordings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: Whose wording it is, the how many-th of its language; None: of before versions were kept.
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publications.id", ondelete="SET NULL")
    )
    version: Mapped[int] = mapped_column(default=1)
    language: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]


class ConsentStep(StrEnum):
    """What happened to a consent."""

    SIGNED_UP = "signed_up"
    CONFIRMATION_SENT = "confirmation_sent"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    PREFERENCES_CHANGED = "preferences_changed"
    ADDRESS_CHANGED = "address_changed"
    UNSUBSCRIBED = "unsubscribed"
    CAME_BACK = "came_back"  # undid it
    OPENS_ALLOWED = "opens_allowed"
    OPENS_ENDED = "opens_ended"
    STILL_WANTED = "still_wanted"  # said so when asked


class ConsentEvent(Model):
    """One step of one subscription's consent, kept as evidence and never changed."""

    __tablename__ = "consent_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    step: Mapped[ConsentStep]
    at: Mapped[datetime]
    source: Mapped[Source]
    wording_id: Mapped[int | None] = mapped_column(ForeignKey("consent_wordings.id"))
    page: Mapped[str] = mapped_column(String(2000), default="")
    ip_address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(500), default="")
    #: What the step itself has to say: evidence of an import, choices, the relay's reply.
    detail: Mapped[str] = mapped_column(Text, default="")

    wording: Mapped[ConsentWording | None] = relationship()
