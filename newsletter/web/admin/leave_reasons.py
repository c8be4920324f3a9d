"""Why readers left: counts of the last months, with nobody behind them."""

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.leave_reasons import SHOWN_DAYS, reasons_given
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication
from newsletter.web.leave_words import REASONS


@admin.get("/readers/reasons")
@staff(StaffRole.VIEWER)
def readers_reasons() -> ResponseReturnValue:
    """Show how often each reason was given."""
    given = reasons_given(publication_id=needed_publication().id, now=utc_now())
    rows = sorted(((REASONS[reason], count) for reason, count in given.items()), key=_most_first)
    return render_template(
        "web/admin/leave_reasons.html", rows=rows, total=sum(given.values()), days=SHOWN_DAYS
    )


def _most_first(row: tuple[str, int]) -> int:
    return -row[1]
