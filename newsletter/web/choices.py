"""The link in the letter about changed choices: it sets them back."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.languages import spoken
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.choices_words import changed_choices
from newsletter.subscriptions.links import preferences_url
from newsletter.subscriptions.models import Source
from newsletter.subscriptions.set_back import SetBackResult, set_back, standing_to_set_back
from newsletter.subscriptions.short_links import read_former_choices
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.broken_links import answer_broken_links
from newsletter.web.evidence import evidence
from newsletter.web.language import speak_to
from newsletter.web.linked import GoneReader, as_sent, linked_subscription
from newsletter.web.subscription_pages import first_digest_words

blueprint = Blueprint("choices", __name__)

#: Template and status of each thing that such a link can find; None: it would set them back.
PAGES = {
    None: ("ask", 200),
    SetBackResult.SET_BACK: ("set_back", 200),
    SetBackResult.ALREADY: ("set_back", 200),
    SetBackResult.OUTDATED: ("outdated", 410),
}


@blueprint.get("/former-choices/<token>")
@token_holder
def show(token: str) -> ResponseReturnValue:
    """Show what would be set back, and the button."""
    former = _former(token)
    return _page(former, standing_to_set_back(former, now=utc_now()))


@blueprint.post("/former-choices/<token>")
@token_holder
def take_back(token: str) -> ResponseReturnValue:
    """Set it back."""
    with unit_of_work():
        former = _former(token)
        result = set_back(former=former, request=evidence(Source.MAIL_LINK), now=utc_now())
    return _page(former, result)


def _former(token: str) -> FormerChoices:
    """Return what a letter can set back, and speak the language from before."""
    former = db.session.get(FormerChoices, read_former_choices(as_sent(token), now=utc_now()))
    if former is None:
        raise GoneReader("This link leads to nothing any more.")
    subscription = linked_subscription(former.letter.subscription_id)
    speak_to(subscription.publication, subscription, asked=former.language)
    return former


def _page(former: FormerChoices, found: SetBackResult | None) -> ResponseReturnValue:
    name, status = PAGES[found]
    subscription = former.letter.subscription
    page = render_template(
        f"web/choices/{name}.html",
        publication=subscription.publication,
        changes=changed_choices(former, language=spoken(), now=utc_now()),
        first_digest=first_digest_words(subscription),
        preferences_url=preferences_url(subscription_id=subscription.id),
    )
    return page, status


answer_broken_links(blueprint)
