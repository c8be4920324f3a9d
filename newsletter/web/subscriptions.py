"""The pages behind the links in mails: confirm, unsubscribe, preferences."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.publications.find import default_publication
from newsletter.subscriptions import links
from newsletter.subscriptions.confirm import confirm, standing
from newsletter.subscriptions.models import Source, Subscription, SubscriptionState
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.signup import UnknownChoice
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.errors import error_answer
from newsletter.web.evidence import evidence
from newsletter.web.forms import read_preferences
from newsletter.web.subscription_pages import (
    confirmation_page,
    left_page,
    preferences_page,
    unsubscribe_page,
)

blueprint = Blueprint("subscriptions", __name__)


class GoneReader(links.BrokenLink):
    """A sound link to a subscription that has been erased since."""


@blueprint.get("/confirm/<token>")
@token_holder
def show_confirmation(token: str) -> ResponseReturnValue:
    """Show the button that confirms, or what the link finds."""
    link = links.read_confirm(_as_sent(token), now=utc_now())
    subscription = _subscription(link.subscription_id)
    return confirmation_page(subscription, standing(subscription=subscription, round=link.round))


@blueprint.post("/confirm/<token>")
@token_holder
def confirm_subscription(token: str) -> ResponseReturnValue:
    """Confirm the subscription."""
    now = utc_now()
    link = links.read_confirm(_as_sent(token), now=now)
    with unit_of_work():
        subscription = _subscription(link.subscription_id)
        came_by = evidence(Source.MAIL_LINK)
        result = confirm(subscription=subscription, round=link.round, request=came_by, now=now)
    return confirmation_page(subscription, result)


@blueprint.get("/unsubscribe/<token>")
@token_holder
def show_unsubscribe(token: str) -> ResponseReturnValue:
    """Show the button that unsubscribes."""
    return unsubscribe_page(_subscription(links.read_unsubscribe(_as_sent(token))))


@blueprint.post("/unsubscribe/<token>")
@token_holder
def end_subscription(token: str) -> ResponseReturnValue:
    """Unsubscribe, asked by the page's button or by a mail program (RFC 8058)."""
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    subscription_id = links.read_unsubscribe(_as_sent(token))
    with unit_of_work():
        subscription = _subscription(subscription_id)
        came_by = evidence(Source.ONE_CLICK if one_click else Source.MAIL_LINK)
        unsubscribe(subscription=subscription, request=came_by, now=utc_now())
    if one_click:
        return "Unsubscribed.\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
    return left_page(subscription)


@blueprint.get("/preferences/<token>")
@token_holder
def show_preferences(token: str) -> ResponseReturnValue:
    """Show what the reader has chosen."""
    return preferences_page(_subscription(links.read_preferences(_as_sent(token))))


@blueprint.post("/preferences/<token>")
@token_holder
def save_preferences(token: str) -> ResponseReturnValue:
    """Keep what the reader chooses."""
    subscription_id = links.read_preferences(_as_sent(token))
    form = read_preferences()
    with unit_of_work():
        subscription = _subscription(subscription_id)
        if subscription.state is not SubscriptionState.CONFIRMED:
            return preferences_page(subscription)
        change_preferences(
            subscription=subscription,
            cadence=form.cadence or subscription.cadence,
            topics=form.topics,
            request=evidence(Source.MAIL_LINK),
            now=utc_now(),
        )
    return preferences_page(subscription, saved=True)


@blueprint.errorhandler(UnknownChoice)
def refuse_choice(error: UnknownChoice) -> ResponseReturnValue:
    """Treat a topic that is not offered as any other unusable parameter."""
    return error_answer(400, text=str(error), field="topics")


@blueprint.errorhandler(links.ExpiredLink)
def show_expired(_error: links.ExpiredLink) -> ResponseReturnValue:
    """Say that the link is too old and how to get another one."""
    publication = default_publication()
    page = render_template(
        "web/subscriptions/expired.html", publication=publication, days=links.CONFIRM_DAYS
    )
    return page, 410


@blueprint.errorhandler(links.BrokenLink)
def show_broken(_error: links.BrokenLink) -> ResponseReturnValue:
    """Answer forged links and erased readers alike."""
    return render_template("web/subscriptions/broken.html", publication=default_publication()), 404


def _as_sent(token: str) -> str:
    """Take a token only in lower case, as it stands in mails: another spelling is not ours."""
    if token != token.lower():
        raise links.ForgedLink("This link is not complete, or was not made by us.")
    return token


def _subscription(subscription_id: int) -> Subscription:
    subscription = db.session.get(Subscription, subscription_id)
    if subscription is None:
        raise GoneReader("This link leads to nothing any more.")
    return subscription
