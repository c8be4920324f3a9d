"""The button on the preference page that sends the link to a reader's own data."""

from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.personal_link import ask_for_personal_link
from newsletter.unit_of_work import unit_of_work
from newsletter.web.linked import linked_subscription
from newsletter.web.subscription_pages import preferences_page


def send_personal_link(link: PreferencesLink) -> ResponseReturnValue:
    """Owe her the letter; the answer is the same if she has had her share of them."""
    with unit_of_work():
        subscription = linked_subscription(link.subscription_id)
        ask_for_personal_link(subscription=subscription, now=utc_now())
    return preferences_page(subscription, link, link_sent=True)
