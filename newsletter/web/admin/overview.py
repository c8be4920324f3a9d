"""The overview: is everything running, what comes next, how are we doing."""

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.staff.models import StaffRole
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin


@admin.get("/")
@staff(StaffRole.VIEWER)
def overview() -> ResponseReturnValue:
    """Show the five answers."""
    return render_template("web/admin/overview.html")
