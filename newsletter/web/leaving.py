"""After leaving: undo it, or say why."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.come_back import come_back
from newsletter.languages import gettext as _
from newsletter.subscriptions.come_back import standing_to_undo
from newsletter.subscriptions.leave_reason_models import LeaveReason
from newsletter.subscriptions.leave_reasons import give_reason
from newsletter.subscriptions.models import Source
from newsletter.subscriptions.short_links import read_reason, read_undo
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.broken_links import answer_broken_links
from newsletter.web.evidence import evidence
from newsletter.web.forms import UnusableInput, typed_text
from newsletter.web.linked import as_sent, linked_subscription
from newsletter.web.subscription_pages import reason_page, undo_page

blueprint = Blueprint("leaving", __name__)


@blueprint.get("/undo/<token>")
@token_holder
def show_undo(token: str) -> ResponseReturnValue:
    """Show the button that brings the subscription back."""
    link = read_undo(as_sent(token), now=utc_now())
    subscription = linked_subscription(link.subscription_id)
    return undo_page(subscription, standing_to_undo(subscription=subscription, round=link.round))


@blueprint.post("/undo/<token>")
@token_holder
def undo(token: str) -> ResponseReturnValue:
    """Bring the subscription back as it was."""
    now = utc_now()
    link = read_undo(as_sent(token), now=now)
    with unit_of_work():
        subscription = linked_subscription(link.subscription_id)
        came_by = evidence(Source.MAIL_LINK)
        result = come_back(subscription=subscription, round=link.round, request=came_by, now=now)
    return undo_page(subscription, result)


@blueprint.post("/reason/<token>")
@token_holder
def say_why(token: str) -> ResponseReturnValue:
    """Count why she left."""
    now = utc_now()
    link = read_reason(as_sent(token), now=now)
    with unit_of_work():
        subscription = linked_subscription(link.subscription_id)  # and speak her language
        reason = _reason(typed_text("reason"))
        give_reason(subscription=subscription, round=link.round, reason=reason, now=now)
    return reason_page(subscription)


def _reason(text: str) -> LeaveReason:
    try:
        return LeaveReason(text)
    except ValueError:
        raise UnusableInput("reason", _("Choose one of the reasons.")) from None


answer_broken_links(blueprint)
