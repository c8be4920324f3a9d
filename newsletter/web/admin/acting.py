"""Who is acting."""

from typing import cast

from flask_login import current_user

from newsletter.staff.models import Staff


def staff_member() -> Staff:
    """Return the signed-in member of staff, as a row of the database session."""
    return cast(Staff, current_user._get_current_object())
