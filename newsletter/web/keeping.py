"""The yes of a reader who was asked whether she still wants the mails."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.subscriptions.links import read_keep
from newsletter.subscriptions.models import Source
from newsletter.subscriptions.question import keep, standing_to_keep
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.broken_links import answer_broken_links
from newsletter.web.evidence import evidence
from newsletter.web.linked import as_sent, linked_subscription
from newsletter.web.subscription_pages import keep_page

blueprint = Blueprint("keeping", __name__)


@blueprint.get("/keep/<token>")
@token_holder
def show_keep(token: str) -> ResponseReturnValue:
    """Show the button that says yes, or what the link finds."""
    subscription_id, round_ = read_keep(as_sent(token))
    subscription = linked_subscription(subscription_id)
    return keep_page(subscription, standing_to_keep(subscription=subscription, round=round_))


@blueprint.post("/keep/<token>")
@token_holder
def keep_subscription(token: str) -> ResponseReturnValue:
    """Take the yes."""
    subscription_id, round_ = read_keep(as_sent(token))
    with unit_of_work():
        subscription = linked_subscription(subscription_id)
        came_by, now = evidence(Source.MAIL_LINK), utc_now()
        result = keep(subscription=subscription, round=round_, request=came_by, now=now)
    return keep_page(subscription, result)


answer_broken_links(blueprint)
