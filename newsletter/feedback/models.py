"""Notice: something that came in and may be about a delivery."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.database import BigId
from newsletter.extensions import Model


class NoticeSource(StrEnum):
    """By which way it came."""

    MAIL = "mail"
    SES = "ses"
    POSTMARK = "postmark"
    MAILGUN = "mailgun"
    SENDGRID = "sendgrid"
    RESEND = "resend"


class NoticeResult(StrEnum):
    """What was made of it."""

    CHANGED = "changed"  # a bounce or complaint that was not known
    KNOWN = "known"  # the same was told before
    NOTHING = "nothing"  # delayed, delivered, about us, an auto-reply
    STRANGER = "stranger"  # about no delivery of ours
    UNCLEAR = "unclear"  # not understood
    UNSUBSCRIBED = "unsubscribed"  # a mail to the address in List-Unsubscribe
    VISITED = "visited"  # SNS asked us to confirm a topic, and we did
    GIVEN_UP = "given_up"  # handling it failed again and again


class Notice(Model):
    """One event as it came in, stored once by its sender's id; handled by a job."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("source", "event_id"), UniqueConstraint("source", "once"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[NoticeSource]
    #: The sender's own number for it, or a hash of the mail.
    event_id: Mapped[str] = mapped_column(String(200))
    #: What its signature may be used for only once (Mailgun's token).
    once: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[bytes] = mapped_column(LargeBinary)  # emptied once handled
    received_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None] = mapped_column(index=True)
    result: Mapped[NoticeResult | None]
    text: Mapped[str] = mapped_column(Text, default="")  # what it said, no address in it
    delivery_id: Mapped[int | None] = mapped_column(BigId)
