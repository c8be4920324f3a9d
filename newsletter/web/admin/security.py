"""Flask-Security, used for password hashing and sessions; the pages are our own."""

from typing import Any

from flask import Flask
from flask_security import Security
from flask_security.datastore import SQLAlchemyUserDatastore

from newsletter.extensions import db
from newsletter.staff.models import Staff

#: A signed-in browser that stays idle is asked again after this many hours.
SESSION_HOURS = 12


class StaffStore(SQLAlchemyUserDatastore):  # type: ignore[misc]
    """Finds staff for Flask-Security; `newsletter.staff` alone writes."""

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Staff | None:
        """Return the member of staff whose columns equal `by`."""
        statement = db.select(Staff).filter_by(**by)
        found: Staff | None = db.session.scalar(statement)
        return found


def init_app(app: Flask) -> None:
    """Bind Flask-Security without its views: none of its URLs answers.

    A second factor is added by its own settings and parts (`flask_security.totp`, `.webauthn`)
    between the two steps of `sign_in.py`.
    """
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a scheme
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        PERMANENT_SESSION_LIFETIME=SESSION_HOURS * 3600,
    )
    Security(app, StaffStore(db, Staff, None), register_blueprint=False)
