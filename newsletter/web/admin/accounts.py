"""Staff: who has an account, invitations, roles."""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.staff import audit, invitations
from newsletter.staff.accounts import (
    LastOwner,
    all_staff,
    change_role,
    deactivate,
    reactivate,
)
from newsletter.staff.models import Invitation, Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin

ROLE_WORDS = {
    StaffRole.OWNER: "Settings, staff, and all that editors do",
    StaffRole.EDITOR: "Digests, articles, feeds and readers",
    StaffRole.VIEWER: "Looks at everything but settings, changes nothing",
}


@admin.get("/settings/staff")
@staff(StaffRole.OWNER)
def settings_staff() -> ResponseReturnValue:
    """List staff and open invitations."""
    return _page()


@admin.post("/settings/staff/invite")
@staff(StaffRole.OWNER)
def settings_invite() -> ResponseReturnValue:
    """Make a one-time link; it is shown on this answer and never again."""
    role, now = _role(), utc_now()
    with unit_of_work():
        link = invitations.invite(role=role, now=now)
        audit.record("staff_invited", staff=staff_member(), now=now, detail=role.value)
    return _page(link=link, link_role=role)


@admin.post("/settings/staff/invitations/<int:invitation_id>/withdraw")
@staff(StaffRole.OWNER)
def settings_withdraw(invitation_id: int) -> ResponseReturnValue:
    """End an open invitation."""
    invitation = db.session.get(Invitation, invitation_id) or abort(404)
    with unit_of_work():
        invitations.withdraw(invitation=invitation, now=utc_now())
        audit.record("invitation_withdrawn", staff=staff_member(), now=utc_now())
    flash("The invitation is withdrawn; its link opens nothing any more.")
    return redirect(url_for("admin.settings_staff"))


@admin.post("/settings/staff/<int:staff_id>/role")
@staff(StaffRole.OWNER)
def settings_role(staff_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    role = _role()
    return _change(staff_id, f"role_{role.value}", lambda one: change_role(staff=one, role=role))


@admin.post("/settings/staff/<int:staff_id>/deactivate")
@staff(StaffRole.OWNER)
def settings_deactivate(staff_id: int) -> ResponseReturnValue:
    """Close an account."""
    return _change(staff_id, "account_closed", lambda one: deactivate(staff=one))


@admin.post("/settings/staff/<int:staff_id>/reactivate")
@staff(StaffRole.OWNER)
def settings_reactivate(staff_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    return _change(staff_id, "account_opened", lambda one: reactivate(staff=one))


def _change(staff_id: int, action: str, act: Callable[[Staff], None]) -> ResponseReturnValue:
    member = db.session.get(Staff, staff_id) or abort(404)
    try:
        with unit_of_work():
            act(member)
            audit.record(
                action,
                staff=staff_member(),
                now=utc_now(),
                object_kind="staff",
                object_id=staff_id,
            )
    except LastOwner as refusal:
        flash(str(refusal), "warning")
    else:
        flash(f"Saved: {member.name}.")
    return redirect(url_for("admin.settings_staff"))


def _role() -> StaffRole:
    try:
        return StaffRole(request.form.get("role", ""))
    except ValueError:
        abort(400, "Choose one of the roles.")


def _page(**values: object) -> str:
    return render_template(
        "web/admin/settings_staff.html",
        everybody=all_staff(),
        invitations=invitations.open_invitations(utc_now()),
        role_words=ROLE_WORDS,
        events=audit.latest_events(),
        **values,
    )
