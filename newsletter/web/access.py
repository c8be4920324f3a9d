"""Who may call which view: each view declares it, and an undeclared one answers nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import Flask, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.staff.models import StaffRole

View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN_PATH = "/admin/sign-in"

#: Highest first, as `StaffRole` lists them.
ROLES = tuple(StaffRole)


class Audience(StrEnum):
    """Whom a view is for."""

    PUBLIC = "public"
    TOKEN_HOLDER = "token_holder"  # noqa: S105 - a signed link is the key; the view reads it
    STAFF = "staff"
    DEVELOPMENT = "development"  # only while mail goes to the outbox folder


@dataclass(frozen=True)
class Access:
    """What a view declares; `role` is the lowest one that may enter."""

    audience: Audience
    role: StaffRole | None = None


class UndeclaredAccess(PermanentError):
    """A view without `@public`, `@token_holder`, `@staff` or `@development`."""


def public(view: View) -> View:
    """Open the view to everybody."""
    return _stamp(view, Access(Audience.PUBLIC))


def token_holder(view: View) -> View:
    """Open the view to everybody; the signed token in its address is the key."""
    return _stamp(view, Access(Audience.TOKEN_HOLDER))


def development(view: View) -> View:
    """Open the view while mail goes to the outbox folder; otherwise it does not exist."""
    return _stamp(view, Access(Audience.DEVELOPMENT))


def staff(role: StaffRole) -> Callable[[View], View]:
    """Open the view to staff of `role` and of the roles above it."""

    def declare(view: View) -> View:
        return _stamp(view, Access(Audience.STAFF, role))

    return declare


def enforce(app: Flask) -> None:
    """Check every request against the declaration of its view, before anything else runs."""
    app.before_request_funcs.setdefault(None, []).insert(0, _check_request)


def declared_access(app: Flask, endpoint: str) -> Access | None:
    """Return what the view of `endpoint` declares; static files are public."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return Access(Audience.PUBLIC)
    return cast("Access | None", getattr(app.view_functions.get(endpoint), "access", None))


def may_enter(role: StaffRole, needed: StaffRole) -> bool:
    """Say whether `role` may do what `needed` may."""
    return ROLES.index(role) <= ROLES.index(needed)


def _stamp(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def _check_request() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page, or not by this method: the error page follows
    access = declared_access(current_app, request.endpoint)
    if access is None:
        raise UndeclaredAccess(f"The view {request.endpoint} does not declare its access.")
    if access.audience is Audience.DEVELOPMENT and not settings.mail_goes_to_outbox:
        abort(404)
    if access.role is not None:
        return _check_staff(access.role)
    return None


def _check_staff(needed: StaffRole) -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        return _ask_to_sign_in()
    if not may_enter(current_user.role, needed):
        abort(403)
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    """Send a person who opens a page to the sign-in page; answer everything else with 401."""
    is_page = request.method in ("GET", "HEAD") and "HX-Request" not in request.headers
    if not (is_page and request.accept_mimetypes.accept_html):
        abort(401)
    here = request.full_path.rstrip("?")
    return redirect(f"{SIGN_IN_PATH}?{urlencode({'next': here})}")
