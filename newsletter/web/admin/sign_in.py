"""Sign in and out."""

from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.utils import login_user, logout_user

from newsletter.clock import utc_now
from newsletter.extensions import limiter
from newsletter.staff.accounts import staff_of_password
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import public, staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.typed import typed

#: Wrong passwords before the next one has to wait; it always may after that time.
PER_ACCOUNT = "10 per 5 minutes"
PER_NETWORK = "30 per 5 minutes"

WRONG = "Address or password is wrong."
TOO_MANY = "Too many wrong passwords. Wait five minutes, then try again."


def begin_session(member: Staff) -> None:
    """Sign `member` in with a session that shares nothing with the one before it."""
    session.clear()
    login_user(member, remember=False)
    session.permanent = True


def _account_of_request() -> str:
    return typed("email").casefold()


def _is_wrong(response: Response) -> bool:
    return response.status_code == 401


@admin.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the form."""
    if current_user.is_authenticated:
        return redirect(url_for("admin.overview"))
    return _form("", 200)


@admin.post("/sign-in")
@limiter.limit(PER_NETWORK, deduct_when=_is_wrong)
@limiter.limit(PER_ACCOUNT, key_func=_account_of_request, deduct_when=_is_wrong)
@public
def check_password() -> ResponseReturnValue:
    """Sign in; an unknown address and a wrong password get the same answer in the same time."""
    form = request.form
    member = staff_of_password(email=typed("email"), password=form.get("password", ""))
    if member is None:
        return _form(WRONG, 401)
    with unit_of_work():
        member.last_signed_in_at = utc_now()
    begin_session(member)
    return redirect(_own_page(form.get("next", "")))


@admin.errorhandler(429)
def slow_down(_error: Exception) -> ResponseReturnValue:
    """Say that the next password has to wait; nothing else here is limited."""
    return _form(TOO_MANY, 429)


@admin.post("/sign-out")
@staff(StaffRole.VIEWER)
def sign_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("admin.sign_in"))


def _form(problem: str, status: int) -> Response:
    page = render_template("web/admin/sign_in.html", problem=problem, email=typed("email"))
    response = make_response(page, status)
    if status == 429:
        response.headers["Retry-After"] = "300"
    return response


def _own_page(wish: str) -> str:
    """Return the admin page that was asked for before signing in; never another site."""
    own = wish.startswith("/admin/") and "\\" not in wish
    return wish if own else url_for("admin.overview")
