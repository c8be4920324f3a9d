"""Staff, invitations, and the record of what staff did."""

from datetime import datetime
from enum import StrEnum

from flask_security.core import UserMixin
from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.database import BigId
from newsletter.extensions import Model


class StaffRole(StrEnum):
    """What a member of staff may do; each role may do what the later ones may."""

    OWNER = "owner"  # settings, staff, and all below
    EDITOR = "editor"  # articles, digests, feeds, readers
    VIEWER = "viewer"  # look, change nothing


class Staff(Model, UserMixin):
    """One person who runs the service."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str] = mapped_column(String(300))
    active: Mapped[bool] = mapped_column(default=True)
    #: Changes with the password, and so ends every other session.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[StaffRole]
    created_at: Mapped[datetime]
    last_signed_in_at: Mapped[datetime | None]

    #: Rights hang on the one `role`; Flask-Security's own roles stay empty.
    roles = []  # noqa: RUF012


class Invitation(Model):
    """A one-time link that lets somebody create an account; only its hash is kept."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[StaffRole]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEvent(Model):
    """One act of a member of staff that changed something."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32), default="")
    object_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[str] = mapped_column(Text, default="")

    staff: Mapped[Staff | None] = relationship()
