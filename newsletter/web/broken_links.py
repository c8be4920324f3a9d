"""What a link answers that opens nothing, or nothing any more."""

from collections.abc import Mapping

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from newsletter.extensions import db
from newsletter.publications.find import default_publication
from newsletter.subscriptions import links
from newsletter.subscriptions.models import AddressChange, Letter, Subscription
from newsletter.subscriptions.short_links import LinkTimedOut
from newsletter.web.language import speak_to
from newsletter.web.linked import linked_subscription

#: Links that name a row of these; all others name a subscription.
_NUMBERED: Mapping[links.Purpose, type[AddressChange | Letter]] = {
    links.Purpose.NEW_ADDRESS: AddressChange,
    links.Purpose.OLD_ADDRESS: AddressChange,
    links.Purpose.FORMER_CHOICES: Letter,
}


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
    table = _NUMBERED.get(error.purpose)
    if table is None:
        return linked_subscription(error.number)
    row: AddressChange | Letter | None = db.session.get(table, error.number)
    if row is None:
        raise links.BrokenLink("This link leads to nothing any more.")
    return linked_subscription(row.subscription_id)
