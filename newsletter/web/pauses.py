"""Pause and resume: the second form on the preference page."""

from collections.abc import Callable
from datetime import date

from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.languages import gettext as _
from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.models import Source, SubscriptionState
from newsletter.subscriptions.pause import UnusablePause, pause, resume
from newsletter.web.changing import changing
from newsletter.web.evidence import evidence
from newsletter.web.forms import typed_text
from newsletter.web.linked import linked_subscription
from newsletter.web.subscription_pages import preferences_page


def pause_until_typed(link: PreferencesLink) -> ResponseReturnValue:
    """Send nothing until the day the reader names."""
    until = typed_text("until")
    try:
        with changing(link) as subscription:
            if subscription.state is SubscriptionState.CONFIRMED:
                by, now = evidence(Source.MAIL_LINK), utc_now()
                pause(subscription=subscription, until=_day(until), request=by, now=now)
    except UnusablePause as error:
        subscription = linked_subscription(link.subscription_id)
        return preferences_page(subscription, link, until=until, errors={"until": str(error)}), 400
    return preferences_page(subscription, link, saved=True)


def resume_now(link: PreferencesLink) -> ResponseReturnValue:
    """Let the mails come again."""
    with changing(link) as subscription:
        if subscription.state is SubscriptionState.CONFIRMED:
            resume(subscription=subscription, request=evidence(Source.MAIL_LINK), now=utc_now())
    return preferences_page(subscription, link, saved=True)


#: What the buttons of that form are called.
ACTS: dict[str, Callable[[PreferencesLink], ResponseReturnValue]] = {
    "pause": pause_until_typed,
    "resume": resume_now,
}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UnusablePause(_("Enter a day such as 2026-03-14, year first.")) from None
