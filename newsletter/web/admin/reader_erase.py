"""Erase a reader on her request: the one act of staff on a reader that nothing brings back."""

from datetime import datetime

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.feedback.erase import erase_everywhere
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import of_publication


@admin.post("/readers/<int:subscription_id>/erase")
@staff(StaffRole.OWNER)
def reader_erase(subscription_id: int) -> ResponseReturnValue:
    """Erase the reader behind a subscription, in every publication."""
    with unit_of_work():
        subscriber = of_publication(Subscription, subscription_id).subscriber
        erased_before = is_erased(subscriber)
        if not erased_before:
            _erase(subscriber, now=utc_now())
    if erased_before:
        flash("This reader was erased before.", "warning")
    else:
        flash("The reader is erased. No import and no signup can have her mailed again.")
    return redirect(url_for("admin.readers"))


def _erase(subscriber: Subscriber, *, now: datetime) -> None:
    erase_everywhere(email=subscriber.email, now=now)
    audit.record(
        "reader_erased",
        staff=staff_member(),
        now=now,
        object_kind="subscriber",
        object_id=subscriber.id,
    )
