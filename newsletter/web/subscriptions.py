"""The pages behind the links in mails: confirm, unsubscribe, preferences."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.languages import speak, spoken
from newsletter.publications.check import UnusableDetail
from newsletter.publications.find import all_publications
from newsletter.subscriptions import links
from newsletter.subscriptions.come_back import is_undoable, owe_undo_letter
from newsletter.subscriptions.confirm import confirm, standing
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscription, SubscriptionState
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.signup import UnknownChoice
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder
from newsletter.web.addresses import signup_url
from newsletter.web.broken_links import answer_broken_links
from newsletter.web.changing import changing
from newsletter.web.errors import error_answer
from newsletter.web.evidence import evidence
from newsletter.web.forms import PreferencesForm, read_preferences, typed_text
from newsletter.web.language import speak_to
from newsletter.web.last_copies import let_last_copies_go
from newsletter.web.linked import GoneReader, as_sent, linked_subscription
from newsletter.web.opens_choice import ACTS as OPENS_ACTS
from newsletter.web.pauses import ACTS
from newsletter.web.personal_links import send_personal_link
from newsletter.web.reader_hours import chosen_hours
from newsletter.web.subscription_pages import (
    confirmation_page,
    left_page,
    preferences_page,
    unsubscribe_page,
)

blueprint = Blueprint("subscriptions", __name__)

#: What the buttons of the smaller forms on the preference page are called.
_ACTS = {**ACTS, **OPENS_ACTS, "personal_link": send_personal_link}


@blueprint.get("/confirm/<token>")
@token_holder
def show_confirmation(token: str) -> ResponseReturnValue:
    """Show the button that confirms, or what the link finds."""
    link = links.read_confirm(as_sent(token), now=utc_now())
    subscription = linked_subscription(link.subscription_id)
    return confirmation_page(subscription, standing(subscription=subscription, round=link.round))


@blueprint.post("/confirm/<token>")
@token_holder
def confirm_subscription(token: str) -> ResponseReturnValue:
    """Confirm the subscription."""
    now = utc_now()
    link = links.read_confirm(as_sent(token), now=now)
    with unit_of_work():
        subscription = linked_subscription(link.subscription_id)
        result = confirm(
            subscription=subscription,
            round=link.round,
            request=evidence(Source.MAIL_LINK),
            now=now,
            language=spoken(),
        )
    return confirmation_page(subscription, result)


@blueprint.get("/unsubscribe/<token>")
@token_holder
def show_unsubscribe(token: str) -> ResponseReturnValue:
    """Show the button that unsubscribes."""
    link = links.read_leaving(as_sent(token))
    return unsubscribe_page(linked_subscription(link.subscription_id))


@blueprint.post("/unsubscribe/<token>")
@token_holder
def end_subscription(token: str) -> ResponseReturnValue:
    """Unsubscribe, asked by the page's button or by a mail program (RFC 8058)."""
    link = links.read_leaving(as_sent(token))
    if request.form.get("List-Unsubscribe") == "One-Click":
        return _end_by_one_click(link)
    with unit_of_work():
        subscription = linked_subscription(link.subscription_id)
        can_undo = _end(subscription, Source.MAIL_LINK, tell=True)
    let_last_copies_go(link.subscription_id)
    return left_page(subscription, can_undo=can_undo)


def _end_by_one_click(link: links.LeavingLink) -> ResponseReturnValue:
    """Unsubscribe without a page. A reader who is erased gets nothing, just as it is asked for."""
    with suppress(GoneReader), unit_of_work():
        subscription = linked_subscription(link.subscription_id)
        _end(subscription, Source.ONE_CLICK, tell=not link.in_header)
    let_last_copies_go(link.subscription_id)
    return "Unsubscribed.\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


def _end(subscription: Subscription, source: Source, *, tell: bool) -> bool:
    """Unsubscribe; return whether that ended anything that could be undone.

    Args:
        tell: owe her the letter that brings it back. A link in the words of a mail may have been
            passed on; the one in its header is for her mail program alone.
    """
    now = utc_now()
    ended = unsubscribe(subscription=subscription, request=evidence(source), now=now)
    if ended and tell and is_undoable(subscription, now=now):
        owe_undo_letter(subscription=subscription, now=now)
    # By a button here only what was confirmed until now: who merely asked may be a stranger.
    return ended is SubscriptionState.CONFIRMED


@blueprint.get("/preferences/<token>")
@token_holder
def show_preferences(token: str) -> ResponseReturnValue:
    """Show what the reader has chosen."""
    link = links.read_preferences(as_sent(token))
    return preferences_page(linked_subscription(link.subscription_id), link)


@blueprint.post("/preferences/<token>")
@token_holder
def save_preferences(token: str) -> ResponseReturnValue:
    """Keep what the reader chooses, or pause, or resume, as the button says."""
    link = links.read_preferences(as_sent(token))
    if act := _ACTS.get(typed_text("act")):
        return act(link)
    form = read_preferences()
    try:
        with changing(link) as subscription:
            if subscription.state is SubscriptionState.CONFIRMED:
                _save(subscription, form)
    except UnusableDetail as error:
        subscription = linked_subscription(link.subscription_id)
        errors = {error.field: str(error)}
        return preferences_page(subscription, link, typed=form, errors=errors), 400
    speak(subscription.language)  # she may have chosen another one
    return preferences_page(subscription, link, saved=True)


def _save(subscription: Subscription, form: PreferencesForm) -> None:
    """Keep all choices of the form, or none if one cannot be used."""
    came_by, now = evidence(Source.MAIL_LINK), utc_now()
    hours = chosen_hours(form, subscription)
    change_preferences(
        subscription=subscription,
        cadence=form.cadence or subscription.cadence,
        topics=form.topics,
        language=form.language,
        request=came_by,
        now=now,
    )
    choose_hours(subscription=subscription, hours=hours, request=came_by, now=now)


@blueprint.errorhandler(UnknownChoice)
def refuse_choice(error: UnknownChoice) -> ResponseReturnValue:
    """Treat a topic that is not offered as any other unusable parameter."""
    return error_answer(400, text=str(error), field="topics")


@blueprint.errorhandler(links.ExpiredLink)
def show_expired(error: links.ExpiredLink) -> ResponseReturnValue:
    """Say that the link is too old and how to get another one."""
    subscription = db.session.get(Subscription, error.subscription_id)
    known = [subscription.publication] if subscription else all_publications()
    publication = known[0] if len(known) == 1 else None
    speak_to(publication)
    page = render_template(
        "web/subscriptions/expired.html",
        publication=publication,
        publications=known,
        # Without it the browser, which tells no page of this form, would make it another site's.
        came_from=settings.base_url + signup_url(publication) if publication else "",
        days=links.CONFIRM_DAYS,
    )
    return page, 410


answer_broken_links(blueprint)
