"""Staff who are written to; nobody signs in as one of them."""

from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


def hire(role: StaffRole, *, email: str = "", active: bool = True) -> None:
    """Store one member of staff."""
    with unit_of_work() as session:
        session.add(
            Staff(
                email=email or f"{role.value}@example.org",
                password="",
                active=active,
                fs_uniquifier=email or role.value,
                role=role,
                created_at=NOW,
            )
        )
