"""The page behind a one-time link: create an account."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.staff import audit, passwords
from newsletter.staff.accounts import UnusableAccount
from newsletter.staff.invitations import (
    ClosedInvitation,
    ExpiredInvitation,
    UsedInvitation,
    accept,
    read_invitation,
)
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.sign_in import begin_session


@admin.get("/welcome/<token>")
@token_holder
def welcome(token: str) -> ResponseReturnValue:
    """Show the form."""
    try:
        invitation = read_invitation(token, utc_now())
    except ClosedInvitation as closed:
        return _closed(closed)
    return _form({}, 200, role=invitation.role)


@admin.post("/welcome/<token>")
@token_holder
def accept_invitation(token: str) -> ResponseReturnValue:
    """Create the account and sign in."""
    typed = {name: request.form.get(name, "") for name in ("email", "name", "password")}
    now = utc_now()
    try:
        role = read_invitation(token, now).role
        with unit_of_work():
            member = accept(token=token, now=now, **typed)
            audit.record("account_created", staff=member, now=now, detail=role.value)
    except ClosedInvitation as closed:
        return _closed(closed)
    except UnusableAccount as problem:
        return _form({problem.field: str(problem)}, 400, role=role)
    begin_session(member)
    return redirect(url_for("admin.overview"))


def _form(problems: dict[str, str], status: int, **values: object) -> ResponseReturnValue:
    page = render_template(
        "web/admin/welcome.html",
        problems=problems,
        typed=request.form,
        shortest=passwords.SHORTEST,
        **values,
    )
    return page, status


def _closed(closed: ClosedInvitation) -> ResponseReturnValue:
    """Answer a link that opens nothing; a forged one does not exist."""
    gone = isinstance(closed, UsedInvitation | ExpiredInvitation)
    return render_template("web/admin/welcome_closed.html", closed=closed), 410 if gone else 404
