"""What staff do with an alarm: release all its articles, or drop them."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.alarms import drop_alarm, release_alarm
from newsletter.articles.ledger import WrongState
from newsletter.articles.models import Alarm
from newsletter.clock import utc_now
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.numbers import counted
from newsletter.web.admin.publication_choice import of_publication


@admin.post("/alarms/<int:alarm_id>/release")
@staff(StaffRole.EDITOR)
def alarm_release(alarm_id: int) -> ResponseReturnValue:
    """Let digests carry all articles of an alarm that wait."""
    return _act(
        alarm_id,
        "alarm_released",
        release_alarm,
        "Released: {articles}. The next digest of each cadence carries what is not dated ahead.",
    )


@admin.post("/alarms/<int:alarm_id>/drop")
@staff(StaffRole.EDITOR)
def alarm_drop(alarm_id: int) -> ResponseReturnValue:
    """Send none of the articles of an alarm that wait."""
    return _act(
        alarm_id,
        "alarm_dropped",
        drop_alarm,
        "Dropped: {articles}. No digest carries them.",
    )


def _act(alarm_id: int, action: str, act: Callable[..., int], words: str) -> ResponseReturnValue:
    """Do it in one unit of work with its record; if somebody was faster, say so."""
    alarm, now = of_publication(Alarm, alarm_id), utc_now()
    try:
        with unit_of_work():
            articles = counted(act(alarm=alarm, now=now), "article")
            audit.record(
                action,
                staff=staff_member(),
                now=now,
                object_kind="alarm",
                object_id=alarm_id,
                detail=articles,
            )
    except WrongState as refusal:
        flash(str(refusal), "warning")
    else:
        flash(words.format(articles=articles))
    return redirect(url_for("admin.overview"))
