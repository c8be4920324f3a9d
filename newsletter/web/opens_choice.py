"""Allow opens, or end it: a form of its own on the preference page."""

from collections.abc import Callable

from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.languages import spoken
from newsletter.subscriptions.models import Source
from newsletter.subscriptions.opens_consent import allow_opens, end_opens
from newsletter.unit_of_work import unit_of_work
from newsletter.web.evidence import evidence
from newsletter.web.linked import linked_subscription
from newsletter.web.subscription_pages import preferences_page


def allow(subscription_id: int) -> ResponseReturnValue:
    """Keep her consent, to the words in the language of the page."""
    with unit_of_work():
        subscription = linked_subscription(subscription_id)  # and speak the page's language
        by, now = evidence(Source.MAIL_LINK), utc_now()
        allow_opens(subscription=subscription, language=spoken(), request=by, now=now)
    return preferences_page(subscription, saved=True)


def end(subscription_id: int) -> ResponseReturnValue:
    """Take it back."""
    with unit_of_work():
        subscription = linked_subscription(subscription_id)
        end_opens(subscription=subscription, request=evidence(Source.MAIL_LINK), now=utc_now())
    return preferences_page(subscription, saved=True)


#: What the buttons of that form are called.
ACTS: dict[str, Callable[[int], ResponseReturnValue]] = {"allow_opens": allow, "end_opens": end}
