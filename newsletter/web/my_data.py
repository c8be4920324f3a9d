"""A reader's own data, behind a link that only her mailbox gets: see, download, move, erase."""

import json

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.own_data import data_of
from newsletter.feedback.erase import erase_everywhere
from newsletter.subscriptions.change_address import ask_for_change
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.personal_link import check_personal_link
from newsletter.subscriptions.short_links import read_my_data
from newsletter.subscriptions.signup import UnusableAddress
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.broken_links import answer_broken_links
from newsletter.web.forms import typed_text
from newsletter.web.linked import as_sent, linked_subscription
from newsletter.web.my_data_pages import address_asked_page, erased_page, my_data_page

blueprint = Blueprint("my_data", __name__, url_prefix="/my-data/<token>")


@blueprint.get("")
@token_holder
def show(token: str) -> ResponseReturnValue:
    """Show what we keep of her and what she can do about it."""
    return my_data_page(_opened(token), token)


@blueprint.get("/download")
@token_holder
def download(token: str) -> ResponseReturnValue:
    """Give her everything as JSON."""
    data = data_of(_opened(token).subscriber)
    document = json.dumps(data, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(document + "\n", mimetype="application/json", headers=headers)


@blueprint.post("/address")
@token_holder
def change_address(token: str) -> ResponseReturnValue:
    """Write to the address she wants to be reached at; the answer is the same for every one."""
    typed = typed_text("email")
    try:
        with unit_of_work():
            subscription = _opened(token)
            change = ask_for_change(subscription=subscription, email=typed, now=utc_now())
    except UnusableAddress as error:
        return my_data_page(_opened(token), token, typed=typed, problem=str(error)), 400
    return address_asked_page(subscription, change.new_email)


@blueprint.get("/erase")
@token_holder
def ask_before_erasing(token: str) -> ResponseReturnValue:
    """Ask once."""
    subscription = _opened(token)
    return render_template(
        "web/my_data/erase.html",
        publication=subscription.publication,
        subscriber=subscription.subscriber,
        token=token,
    )


@blueprint.post("/erase")
@token_holder
def erase(token: str) -> ResponseReturnValue:
    """Erase her for good."""
    with unit_of_work():
        subscription = _opened(token)
        publication = subscription.publication
        erase_everywhere(
            email=subscription.subscriber.email, now=utc_now(), source=Source.MAIL_LINK
        )
    return erased_page(publication)


def _opened(token: str) -> Subscription:
    """Return the subscription through which the link was sent; raises `BrokenLink`."""
    link = read_my_data(as_sent(token), now=utc_now())
    subscription = linked_subscription(link.subscription_id)
    check_personal_link(subscription=subscription, link=link)
    return subscription


answer_broken_links(blueprint)
