"""Settings of the signup gate: disposable addresses, and when every signup is checked."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.publications.change import UnusableDetails, change_publication
from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.signup_breaker import (
    UnusableRule,
    breaker,
    change_rule,
    last_hour,
)
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication

DISPOSABLE = "disposable_addresses"
RULE = ("floor", "least_percent")

#: What the policy does, as choices of a form.
POLICY_WORDS = (
    (DisposablePolicy.ALLOW.value, "Take them like any other"),
    (DisposablePolicy.WARN.value, "Ask the reader first"),
    (DisposablePolicy.REFUSE.value, "Refuse them"),
)


@admin.get("/settings/signup")
@staff(StaffRole.OWNER)
def settings_signup() -> ResponseReturnValue:
    """Show the rules, and what the gate sees just now."""
    return _form(needed_publication(), {}, {}), 200


@admin.post("/settings/signup")
@staff(StaffRole.OWNER)
def settings_signup_save() -> ResponseReturnValue:
    """Store the rules, all or none."""
    publication = needed_publication()
    typed = {name: request.form.get(name, "") for name in (DISPOSABLE, *RULE)}
    try:
        with unit_of_work():
            changed = _change(publication, typed)
    except UnusableDetails as refusal:
        return _form(publication, typed, refusal.problems), 400
    except UnusableRule as refusal:
        return _form(publication, typed, {refusal.field: str(refusal)}), 400
    flash("Saved." if changed else "Nothing was changed.")
    return redirect(url_for("admin.settings_signup"))


def _change(publication: Publication, typed: dict[str, str]) -> list[str]:
    policy = {DISPOSABLE: typed[DISPOSABLE]}
    changed = change_publication(publication=publication, typed=policy)
    if change_rule(floor=typed["floor"], least_percent=typed["least_percent"]):
        changed.append("signup_breaker")
    if changed:
        audit.record(
            "publication_changed",
            staff=staff_member(),
            now=utc_now(),
            object_kind="publication",
            object_id=publication.id,
            detail=", ".join(changed),
        )
    return changed


def _form(publication: Publication, typed: dict[str, str], problems: dict[str, str]) -> str:
    row = breaker()
    stored = {
        DISPOSABLE: publication.disposable_addresses.value,
        "floor": str(row.floor),
        "least_percent": str(row.least_percent),
    }
    return render_template(
        "web/admin/settings_signup.html",
        typed=stored | typed,
        problems=problems,
        policies=POLICY_WORDS,
        hour=last_hour(now=utc_now()),
        tripped_at=row.tripped_at,
    )
