"""One-time links that let somebody create an account; only their hashes are kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.staff.accounts import create_staff, owner_exists, void_owner_invitations
from newsletter.staff.models import Invitation, Staff, StaffRole

LIFETIME = timedelta(days=7)


class ClosedInvitation(PermanentError):
    """A link that opens nothing."""


class ForgedInvitation(ClosedInvitation):
    """No such link was ever given out."""


class UsedInvitation(ClosedInvitation):
    """Somebody created an account with it."""


class ExpiredInvitation(ClosedInvitation):
    """Older than a week, or replaced by a newer one."""


def owner_link(*, now: datetime) -> str | None:
    """Return a fresh one-time link that creates the first owner; None once one exists.

    Earlier unused ones end, so that only the link shown last opens anything.
    """
    if owner_exists():
        return None
    void_owner_invitations(now=now)
    return invite(role=StaffRole.OWNER, now=now)


def invite(*, role: StaffRole, now: datetime) -> str:
    """Return a fresh one-time link that creates an account of `role`."""
    token = secrets.token_hex(24)
    db.session.add(
        Invitation(token_hash=_hash(token), role=role, created_at=now, expires_at=now + LIFETIME)
    )
    db.session.flush()
    return f"{settings.base_url}/admin/welcome/{token}"


def read_invitation(token: str, now: datetime) -> Invitation:
    """Return the invitation behind a link.

    Raises:
        ClosedInvitation: forged, used or expired, each its own class.
    """
    invitation = db.session.scalar(
        sa.select(Invitation).where(Invitation.token_hash == _hash(token))
    )
    if invitation is None:
        raise ForgedInvitation("This link is not complete, or was never given out.")
    if invitation.used_at is not None:
        raise UsedInvitation("This link was used already.")
    if invitation.expires_at <= now:
        raise ExpiredInvitation("This link has expired.")
    return invitation


def accept(*, token: str, email: str, name: str, password: str, now: datetime) -> Staff:
    """Create the account an invitation promises and use the invitation up.

    Raises:
        ClosedInvitation: the link opens nothing.
        UnusableAccount: a value is refused; the link stays usable.
    """
    invitation = read_invitation(token, now)
    claimed = db.session.execute(
        sa.update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None))
        .values(used_at=now)
    )
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise UsedInvitation("This link was used already.")
    return create_staff(email=email, name=name, password=password, role=invitation.role, now=now)


def open_invitations(now: datetime) -> list[Invitation]:
    """Return the invitations that still open something, newest first."""
    statement = (
        sa.select(Invitation)
        .where(Invitation.used_at.is_(None), Invitation.expires_at > now)
        .order_by(Invitation.id.desc())
    )
    return list(db.session.scalars(statement))


def withdraw(*, invitation: Invitation, now: datetime) -> None:
    """End an unused invitation."""
    invitation.expires_at = now
    db.session.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
