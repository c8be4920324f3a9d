"""Accounts of staff: create, sign in, change, deactivate."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, mailable_address
from newsletter.staff import passwords
from newsletter.staff.models import Invitation, Staff, StaffRole


class UnusableAccount(PermanentError):
    """A value that an account cannot have; `field` is where it stands in a form."""

    field = "email"


class UnusableStaffAddress(UnusableAccount):
    """Not an address, or one that is taken."""


class UnusableName(UnusableAccount):
    """No name, or one that is too long."""

    field = "name"


class WeakPassword(UnusableAccount):
    """A password that is refused."""

    field = "password"


class LastOwner(PermanentError):
    """Without an owner nobody could change settings or invite staff."""


def create_staff(*, email: str, name: str, password: str, role: StaffRole, now: datetime) -> Staff:
    """Create an account.

    Raises:
        UnusableAccount: one sentence, and the field it belongs to.
    """
    address = _free_address(email)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise UnusableName("Enter a name of up to 200 characters.")
    if problem := passwords.password_problem(password, email=address):
        raise WeakPassword(problem)
    if role is StaffRole.OWNER and not owner_exists():
        void_owner_invitations(now=now)
    staff = Staff(
        email=address,
        name=name,
        password=passwords.hashed(password),
        fs_uniquifier=secrets.token_hex(32),
        role=role,
        created_at=now,
    )
    db.session.add(staff)
    db.session.flush()
    return staff


def staff_of_password(*, email: str, password: str) -> Staff | None:
    """Return the active member of staff whom address and password name, in constant time."""
    staff = db.session.scalar(sa.select(Staff).where(Staff.email == email.strip().casefold()))
    right = passwords.matches(password, staff.password if staff else None)
    return staff if right and staff is not None and staff.active else None


def change_password(*, staff: Staff, current: str, password: str) -> None:
    """Set a new password, which ends every session of the account.

    Raises:
        WrongPassword: `current` is not the password.
        WeakPassword: the new one is refused.
    """
    if not passwords.matches(current, staff.password):
        raise WrongPassword("This is not your present password.")
    if problem := passwords.password_problem(password, email=staff.email):
        raise WeakPassword(problem)
    staff.password = passwords.hashed(password)
    staff.fs_uniquifier = secrets.token_hex(32)
    db.session.flush()


class WrongPassword(UnusableAccount):
    """The present password was asked for and another one given."""

    field = "current"


def change_role(*, staff: Staff, role: StaffRole) -> None:
    """Give `staff` another role; raises LastOwner rather than leave no owner."""
    if role is not StaffRole.OWNER:
        _keep_an_owner(staff)
    staff.role = role
    db.session.flush()


def deactivate(*, staff: Staff) -> None:
    """Close the account and end its sessions; raises LastOwner rather than leave no owner."""
    _keep_an_owner(staff)
    staff.active = False
    staff.fs_uniquifier = secrets.token_hex(32)
    db.session.flush()


def reactivate(*, staff: Staff) -> None:
    """Open a closed account again, with its old password."""
    staff.active = True
    db.session.flush()


def all_staff() -> Sequence[Staff]:
    """Return everybody, active ones first."""
    return db.session.scalars(sa.select(Staff).order_by(Staff.active.desc(), Staff.email)).all()


def owner_exists() -> bool:
    """Say whether an active owner exists."""
    return db.session.scalar(sa.select(_owners().exists())) or False


def void_owner_invitations(*, now: datetime) -> None:
    """End every unused link that would create an owner."""
    db.session.execute(
        sa.update(Invitation)
        .where(
            Invitation.role == StaffRole.OWNER,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(expires_at=now)
    )


def _owners() -> sa.Select[int]:
    return sa.select(Staff.id).where(Staff.role == StaffRole.OWNER, Staff.active)


def _keep_an_owner(staff: Staff) -> None:
    # The rows are locked, so that two owners cannot demote each other at the same moment.
    owners = db.session.scalars(_owners().with_for_update()).all()
    if list(owners) == [staff.id]:
        raise LastOwner("This is the only owner. Make somebody else an owner first.")


def _free_address(email: str) -> str:
    try:
        address = mailable_address(email.strip()).casefold()
    except AddressError:
        raise UnusableStaffAddress("Enter an address such as name@example.org.") from None
    if len(address) > 320 or db.session.scalar(sa.select(Staff.id).where(Staff.email == address)):
        raise UnusableStaffAddress("An account with this address exists already.")
    return address
