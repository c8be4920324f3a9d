"""Sending as a whole: release it where it is held."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import redis
from newsletter.mail.sending_hold import SendingNotHeld, Witnesses, release_sending
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin


@admin.post("/sending/release")
@staff(StaffRole.EDITOR)
def sending_release() -> ResponseReturnValue:
    """Let mail go out again."""
    witnesses = Witnesses(redis=redis, folder=settings.var_dir)
    try:
        with unit_of_work():
            mark = release_sending(witnesses=witnesses, now=utc_now())
            audit.record("sending_released", staff=staff_member(), now=utc_now())
    except SendingNotHeld:
        flash("Somebody else released it.", "warning")
    else:
        witnesses.tell(mark)
        flash("Released. What is due goes out within a minute.")
    return redirect(url_for("admin.overview"))
