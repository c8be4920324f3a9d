"""One's own account: name of the signed-in member, and a new password."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.staff import audit, passwords
from newsletter.staff.accounts import UnusableAccount, change_password
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.sign_in import begin_session


@admin.get("/account")
@staff(StaffRole.VIEWER)
def settings_account() -> ResponseReturnValue:
    """Show the account."""
    return _page({}), 200


@admin.post("/account/password")
@staff(StaffRole.VIEWER)
def settings_change_password() -> ResponseReturnValue:
    """Set a new password; every other session of the account ends."""
    member = staff_member()
    try:
        with unit_of_work():
            change_password(
                staff=member,
                current=request.form.get("current", ""),
                password=request.form.get("password", ""),
            )
            audit.record("password_changed", staff=member, now=utc_now())
    except UnusableAccount as problem:
        return _page({problem.field: str(problem)}), 400
    begin_session(member)
    flash("Your password is changed. Other browsers have to sign in again.")
    return redirect(url_for("admin.settings_account"))


def _page(problems: dict[str, str]) -> str:
    return render_template("web/admin/account.html", problems=problems, shortest=passwords.SHORTEST)
