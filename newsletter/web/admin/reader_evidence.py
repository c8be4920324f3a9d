"""Evidence of one reader's consent, to print: every step, and the very words she agreed to."""

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.staff.models import StaffRole
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.models import ConsentWording, Source, Subscription
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import of_publication

#: Doors to which the reader comes from words that are not ours; she agrees to ours when confirming.
ELSEWHERE = (Source.FOREIGN_FORM, Source.JSON)


@admin.get("/readers/<int:subscription_id>/evidence")
@staff(StaffRole.VIEWER)
def reader_evidence(subscription_id: int) -> ResponseReturnValue:
    """Show the evidence; wordings as they were shown then, whatever is shown today."""
    subscription = of_publication(Subscription, subscription_id)
    events = history(subscription_id=subscription.id)
    wordings: dict[int, ConsentWording] = {
        event.wording.id: event.wording for event in events if event.wording
    }
    return render_template(
        "web/admin/reader_evidence.html",
        subscription=subscription,
        subscriber=subscription.subscriber,
        events=events,
        wordings=wordings.values(),
        elsewhere=ELSEWHERE,
    )
