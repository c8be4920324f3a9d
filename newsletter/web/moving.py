"""The links of a change of address: to the new one, and back to the old one."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions.change_address import MoveResult, move, standing_of_move
from newsletter.subscriptions.models import AddressChange, Source
from newsletter.subscriptions.short_links import read_new_address, read_old_address
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.broken_links import answer_broken_links
from newsletter.web.evidence import evidence
from newsletter.web.linked import GoneReader, as_sent, linked_subscription

blueprint = Blueprint("moving", __name__)

#: Template and status of each thing that such a link can find; None: it would move her.
PAGES = {
    None: ("ask", 200),
    MoveResult.MOVED: ("moved", 200),
    MoveResult.ALREADY_MOVED: ("moved", 200),
    MoveResult.IMPOSSIBLE: ("impossible", 410),
}


@blueprint.get("/new-address/<token>")
@token_holder
def show_new(token: str) -> ResponseReturnValue:
    """Show the button that gives the reader her new address."""
    change = _change(read_new_address(as_sent(token), now=utc_now()))
    return _page(change, standing_of_move(change, back=False), back=False)


@blueprint.post("/new-address/<token>")
@token_holder
def take_new(token: str) -> ResponseReturnValue:
    """Give the reader her new address."""
    return _move(read_new_address(as_sent(token), now=utc_now()), back=False)


@blueprint.get("/old-address/<token>")
@token_holder
def show_old(token: str) -> ResponseReturnValue:
    """Show the button that gives the reader back her old address."""
    change = _change(read_old_address(as_sent(token), now=utc_now()))
    return _page(change, standing_of_move(change, back=True), back=True)


@blueprint.post("/old-address/<token>")
@token_holder
def take_old(token: str) -> ResponseReturnValue:
    """Give the reader back her old address."""
    return _move(read_old_address(as_sent(token), now=utc_now()), back=True)


def _move(change_id: int, *, back: bool) -> ResponseReturnValue:
    with unit_of_work():
        change = _change(change_id)
        came_by = evidence(Source.MAIL_LINK)
        result = move(change=change, back=back, request=came_by, now=utc_now())
    return _page(change, result, back=back)


def _change(change_id: int) -> AddressChange:
    change = db.session.get(AddressChange, change_id)
    if change is None:
        raise GoneReader("This link leads to nothing any more.")
    linked_subscription(change.subscription_id)
    return change


def _page(change: AddressChange, found: MoveResult | None, *, back: bool) -> ResponseReturnValue:
    name, status = PAGES[found]
    page = render_template(
        f"web/moving/{name}.html", publication=change.subscription.publication, back=back
    )
    return page, status


answer_broken_links(blueprint)
