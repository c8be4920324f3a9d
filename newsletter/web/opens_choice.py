"""Allow opens, or end it: a form of its own on the preference page."""

from collections.abc import Callable

from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.languages import spoken
from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.models import Source
from newsletter.subscriptions.opens_consent import allow_opens, end_opens
from newsletter.web.changing import changing
from newsletter.web.evidence import evidence
from newsletter.web.subscription_pages import preferences_page


def allow(link: PreferencesLink) -> ResponseReturnValue:
    """Keep her consent, to the words in the language of the page."""
    with changing(link) as subscription:
        by, now = evidence(Source.MAIL_LINK), utc_now()
        allow_opens(subscription=subscription, language=spoken(), request=by, now=now)
    return preferences_page(subscription, link, saved=True)


def end(link: PreferencesLink) -> ResponseReturnValue:
    """Take it back."""
    with changing(link) as subscription:
        end_opens(subscription=subscription, request=evidence(Source.MAIL_LINK), now=utc_now())
    return preferences_page(subscription, link, saved=True)


#: What the buttons of that form are called.
ACTS: dict[str, Callable[[PreferencesLink], ResponseReturnValue]] = {
    "allow_opens": allow,
    "end_opens": end,
}
