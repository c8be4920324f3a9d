"""What the pages behind the links in mails show, one page for each state."""

from collections.abc import Mapping

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.languages import called
from newsletter.publications.models import Cadence
from newsletter.subscriptions import links
from newsletter.subscriptions.come_back import ComeBackResult
from newsletter.subscriptions.confirm import ConfirmResult
from newsletter.subscriptions.fresh_link import is_fresh
from newsletter.subscriptions.hours import next_digest_at
from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.subscriptions.opens_consent import opens_text
from newsletter.subscriptions.pause import first_and_last_day, is_paused
from newsletter.subscriptions.question import KeepResult
from newsletter.subscriptions.short_links import MY_DATA_MINUTES, reason_token, undo_token
from newsletter.subscriptions.signs import sign_of
from newsletter.web.forms import PreferencesForm
from newsletter.web.leave_words import REASONS
from newsletter.web.other_publications import other_publications
from newsletter.web.reader_hours import (
    TypedHours,
    hour_choices,
    typed_hours,
    zone_choices,
)
from newsletter.web.words import local_moment

#: Template and status of each thing a confirmation link can find.
CONFIRMATION_PAGES = {
    None: ("confirm", 200),
    ConfirmResult.CONFIRMED: ("confirmed", 200),
    ConfirmResult.ALREADY_CONFIRMED: ("already_confirmed", 200),
    ConfirmResult.OUTDATED: ("outdated", 410),
}

#: The same of a link that undoes an unsubscribing.
UNDO_PAGES = {
    None: ("undo", 200),
    ComeBackResult.BACK: ("undone", 200),
    ComeBackResult.ALREADY_BACK: ("undone", 200),
    ComeBackResult.OUTDATED: ("undo_outdated", 410),
}

#: The same of a yes to the question whether the mails are still wanted.
KEEP_PAGES = {
    None: ("keep", 200),
    KeepResult.KEPT: ("kept", 200),
    KeepResult.OUTDATED: ("not_subscribed", 410),
}


def confirmation_page(
    subscription: Subscription, found: ConfirmResult | None
) -> ResponseReturnValue:
    """Return the page for what a confirmation link found; None: it would confirm."""
    name, status = CONFIRMATION_PAGES[found]
    # Who just confirmed has the mailbox: what she goes on to choose needs no letter.
    made_at = utc_now() if found is ConfirmResult.CONFIRMED else None
    link = PreferencesLink(subscription.id, made_at)
    page = _page(
        name,
        subscription,
        preferences_url=links.url_of_preferences(link),
        first_digest=first_digest_words(subscription),
    )
    return page, status


def unsubscribe_page(subscription: Subscription) -> ResponseReturnValue:
    """Return the page with the button, or the one that says it was pressed already."""
    if subscription.state is SubscriptionState.UNSUBSCRIBED:
        return _page("already_unsubscribed", subscription)
    return _page("unsubscribe", subscription)


def left_page(subscription: Subscription, *, can_undo: bool) -> ResponseReturnValue:
    """Return the page after unsubscribing; pressing again changes nothing.

    Args:
        can_undo: it ended now, so that it can be undone for a minute.
    """
    now = utc_now()
    return _page(
        "unsubscribed",
        subscription,
        undo_token=undo_token(subscription=subscription, now=now) if can_undo else "",
        reason_token=reason_token(subscription=subscription, now=now) if can_undo else "",
        reasons=REASONS,
    )


def undo_page(subscription: Subscription, found: ComeBackResult | None) -> ResponseReturnValue:
    """Return the page for what an undo found; None: it would bring her back."""
    name, status = UNDO_PAGES[found]
    return _page(name, subscription, first_digest=first_digest_words(subscription)), status


def keep_page(subscription: Subscription, found: KeepResult | None) -> ResponseReturnValue:
    """Return the page for what a yes found; None: it would be the answer."""
    name, status = KEEP_PAGES[found]
    return _page(name, subscription, first_digest=first_digest_words(subscription)), status


def reason_page(subscription: Subscription) -> ResponseReturnValue:
    """Return the thanks for a reason, the same whether it was counted or had been before."""
    return _page("reason_given", subscription)


def preferences_page(
    subscription: Subscription,
    link: PreferencesLink,
    *,
    saved: bool = False,
    link_sent: bool = False,
    typed: PreferencesForm | None = None,
    until: str = "",
    errors: Mapping[str, str] | None = None,
) -> str:
    """Return the reader's choices; without a confirmed subscription there are none.

    Args:
        link: what opened the page; its forms go on with it.
        link_sent: a personal link was asked for.
        typed: what was refused, shown again with its `errors` by field.
        until: the day of a pause that was refused.
    """
    if subscription.state is not SubscriptionState.CONFIRMED:
        return _page("not_subscribed", subscription, link_sent=link_sent)
    now = utc_now()
    hours = typed_hours(subscription)
    if typed is not None:
        hours = TypedHours(typed.hour or "", typed.time_zone or "")
    first_day, last_day = first_and_last_day(subscription=subscription, now=now)
    return _page(
        "preferences",
        subscription,
        saved=saved,
        tells=not is_fresh(subscription=subscription, link=link, now=now),
        preferences_url=links.url_of_preferences(link),
        link_sent=link_sent,
        errors=errors or {},
        cadences=list(Cadence),
        chosen_cadence=(typed and typed.cadence) or subscription.cadence,
        languages=subscription.publication.offered_languages,
        chosen_language=(typed and typed.language) or subscription.language,
        language_name=called,
        chosen_topics=set(typed.topics) if typed else _chosen_topics(subscription),
        typed=hours,
        hours=hour_choices(hours),
        zones=zone_choices(subscription.publication, hours),
        next_digest=first_digest_words(subscription),
        paused=is_paused(subscription, now=now),
        first_day=first_day,
        last_day=last_day,
        until=until,
        others=other_publications(subscription.publication),
    )


def first_digest_words(subscription: Subscription) -> str:
    """Say when the next digest is due, empty for the instant cadence."""
    slot = next_digest_at(subscription=subscription, now=utc_now())
    return local_moment(slot, subscription.hours) if slot else ""


def _chosen_topics(subscription: Subscription) -> set[str]:
    offered = subscription.publication.offered_topics
    return {topic.slug for topic in offered if topic.id in subscription.topics}


def _page(name: str, subscription: Subscription, **values: object) -> str:
    shown = {
        "publication": subscription.publication,
        "subscription": subscription,
        "preferences_url": links.preferences_url(subscription_id=subscription.id),
        "link_minutes": MY_DATA_MINUTES,
        "unsubscribe_url": links.unsubscribe_url(subscription_id=subscription.id),
        "opens_text": opens_text,
        "allows_opens": _allows_opens(subscription),
    }
    return render_template(f"web/subscriptions/{name}.html", **shown | values)


def _allows_opens(subscription: Subscription) -> bool:
    return subscription.publication.counts_opens and sign_of(subscription) is not None
