"""What a link answers that opens nothing, or nothing any more."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from newsletter.extensions import db
from newsletter.publications.find import default_publication
from newsletter.subscriptions import links
from newsletter.subscriptions.models import AddressChange, Letter, Subscription
from newsletter.subscriptions.short_links import LinkTimedOut
from newsletter.web.language import speak_to
from newsletter.web.linked import linked_subscription


def answer_broken_links(blueprint: Blueprint) -> None:
    """Give the views of a blueprint their pages for broken and timed-out links."""
    blueprint.register_error_handler(links.BrokenLink, show_broken)
    blueprint.register_error_handler(LinkTimedOut, show_timed_out)


def show_broken(_error: links.BrokenLink) -> ResponseReturnValue:
    """Answer forged links and erased readers alike."""
    publication = default_publication()
    speak_to(publication)
    return render_template("web/subscriptions/broken.html", publication=publication), 404


def show_timed_out(error: LinkTimedOut) -> ResponseReturnValue:
    """Say that a sound link came too late, and how to go on."""
    try:
        subscription = _subscription_of(error)
    except links.BrokenLink as broken:
        return show_broken(broken)
    page = render_template(
        "web/subscriptions/timed_out.html",
        publication=subscription.publication,
        purpose=error.purpose.value,
        preferences_url=links.preferences_url(subscription_id=subscription.id),
    )
    return page, 410


def _subscription_of(error: LinkTimedOut) -> Subscription:
    subscription_id = _subscription_id_of(error)
    if subscription_id is None:
        raise links.BrokenLink("This link leads to nothing any more.")
    return linked_subscription(subscription_id)


def _subscription_id_of(error: LinkTimedOut) -> int | None:
    """Return the id of the subscription, which some links name by a row that belongs to it."""
    if error.purpose in (links.Purpose.NEW_ADDRESS, links.Purpose.OLD_ADDRESS):
        change = db.session.get(AddressChange, error.number)
        return change.subscription_id if change else None
    if error.purpose is links.Purpose.FORMER_CHOICES:
        letter = db.session.get(Letter, error.number)
        return letter.subscription_id if letter else None
    return error.number
