"""Flask-Security, used for password hashing and sessions; the pages are our own."""

from typing import Any

from flask import Flask
from flask_login.utils import _user_context_processor
from flask_security import Security
from flask_security.datastore import SQLAlchemyUserDatastore

from newsletter.extensions import db
from newsletter.staff.models import Staff

#: A signed-in browser that stays idle is asked again after this many hours.
SESSION_HOURS = 12


class StaffStore(SQLAlchemyUserDatastore):
    """Finds staff for Flask-Security; `newsletter.staff` alone writes."""

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Staff | None:
        """Return the member of staff whose columns equal `by`."""
        statement = db.select(Staff).filter_by(**by)
        found: Staff | None = db.session.scalar(statement)
        return found


def init_app(app: Flask) -> None:
    """Bind Flask-Security without its views: none of its URLs answers. Once is enough.

    A second factor is added by its own settings and parts (`flask_security.totp`, `.webauthn`)
    between the two steps of `web/admin/sign_in.py`.
    """
    if "security" in app.extensions:
        return
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a scheme
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        # The token is checked on every POST; pages send no Referer that could be checked as well.
        WTF_CSRF_SSL_STRICT=False,
        PERMANENT_SESSION_LIFETIME=SESSION_HOURS * 3600,
    )
    # Rights hang on `Staff.role` alone, so there is no model of roles.
    store = StaffStore(db, Staff, None)  # type: ignore[arg-type]
    parts = Security(app, store, register_blueprint=False)
    # These three would read the session for every page, public ones too, which keeps caches from
    # sharing them. What a page asks of its visitor stands in `view.access`, no cookie remembers
    # anybody beyond the session, and no template asks who is there.
    app.before_request_funcs[None].remove(parts.principal._on_before_request)
    app.after_request_funcs[None].remove(parts.login_manager._update_remember_cookie)
    app.template_context_processors[None].remove(_user_context_processor)
