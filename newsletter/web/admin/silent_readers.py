"""Silent readers: who would be asked whether she still wants the mails, and the rule for it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.silence import (
    count_allowing,
    count_silent,
    count_unanswered,
    find_silent,
    first_day_of_silence,
)
from newsletter.publications.change import ASK_AFTER_MONTHS, UnusableDetails, change_publication
from newsletter.publications.models import Publication
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.question import ANSWER_DAYS
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication
from newsletter.web.admin.typed import typed

RULE = ("ask_after_months", "ends_unanswered")
#: Shown where the publication asks nobody yet.
USUAL_MONTHS = 12

MONTH_WORDS = [
    (months, f"After {months} months" if months else "Never") for months in ASK_AFTER_MONTHS
]
END_WORDS = (
    ("off", "Nothing: the mails go on"),
    ("on", f"The subscription ends after {ANSWER_DAYS} days"),
)


@admin.get("/readers/silent")
@staff(StaffRole.VIEWER)
def readers_silent() -> ResponseReturnValue:
    """Show who would be asked, and the rule."""
    return _page(needed_publication(), {}), 200


@admin.post("/readers/silent")
@staff(StaffRole.OWNER)
def readers_silent_save() -> ResponseReturnValue:
    """Store the rule."""
    publication = needed_publication()
    rule = {name: request.form.get(name, "") for name in RULE}
    try:
        with unit_of_work():
            changed = change_publication(publication=publication, typed=rule)
            if changed:
                _record(publication, changed)
    except UnusableDetails as refusal:
        return _page(publication, refusal.problems), 400
    flash("Saved." if changed else "Nothing was changed.")
    return redirect(url_for("admin.readers_silent"))


def _page(publication: Publication, problems: dict[str, str]) -> str:
    now, address, after = utc_now(), typed("address"), typed("after")
    months = _months(publication)
    number, more = count_silent(publication=publication, months=months, now=now, address=address)
    return render_template(
        "web/admin/silent_readers.html",
        page=find_silent(
            publication=publication, months=months, now=now, address=address, after=after
        ),
        count=number,
        more=more,
        months=months,
        since=first_day_of_silence(months=months, now=now),
        address=address,
        after=after,
        allowing=count_allowing(publication=publication),
        unanswered=count_unanswered(publication=publication),
        month_words=MONTH_WORDS,
        end_words=END_WORDS,
        answer_days=ANSWER_DAYS,
        problems=problems,
    )


def _months(publication: Publication) -> int:
    """Return the silence that is looked at; anything unreadable is the rule's."""
    wanted = typed("months")
    if wanted in [str(months) for months in ASK_AFTER_MONTHS if months]:
        return int(wanted)
    return publication.ask_after_months or USUAL_MONTHS


def _record(publication: Publication, changed: list[str]) -> None:
    audit.record(
        "publication_changed",
        staff=staff_member(),
        now=utc_now(),
        object_kind="publication",
        object_id=publication.id,
        detail=", ".join(changed),
    )
