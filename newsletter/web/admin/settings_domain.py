"""Deliverability: how the domain that mail comes from stands, and what to set where."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.mail.domain_findings import Part, State
from newsletter.publications.domain_check import (
    check_domain,
    keep_check,
    last_check,
    real_world,
    setup_of,
)
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication

#: What each part is called, and why receivers mind it.
PART_WORDS = {
    Part.SPF: ("SPF", "Which servers may send in the domain’s name"),
    Part.DKIM: ("DKIM", "Mail is signed, and receivers can check it"),
    Part.DMARC: ("DMARC", "What receivers do with mail that is not from you"),
    Part.REVERSE: ("Reverse name", "The sending address has a name that leads back to it"),
    Part.RELAY: ("Relay", "It greets us over TLS and signs us in"),
    Part.RETURN_PATH: ("Return path", "Bounces arrive"),
    Part.ONE_CLICK: ("One-click unsubscribing", "Mail programs reach us"),
}

STATE_WORDS = {
    State.OK: "in order",
    State.MISSING: "missing",
    State.WRONG: "wrong",
    State.UNKNOWN: "could not be looked up",
}


@admin.get("/settings/domain")
@staff(StaffRole.OWNER)
def settings_domain() -> ResponseReturnValue:
    """Show what was found last."""
    publication = needed_publication()
    return render_template(
        "web/admin/settings_domain.html",
        last=last_check(publication),
        setup=setup_of(publication),
        parts=PART_WORDS,
        states=STATE_WORDS,
    )


@admin.post("/settings/domain")
@staff(StaffRole.OWNER)
def settings_domain_check() -> ResponseReturnValue:
    """Look now, for five seconds at most, and keep what was found."""
    setup = setup_of(needed_publication())
    db.session.rollback()  # nothing of the database is held while the network is asked
    findings = check_domain(setup, world=real_world())
    with unit_of_work():
        keep_check(publication=needed_publication(), findings=findings, now=utc_now())
    return redirect(url_for("admin.settings_domain"))
