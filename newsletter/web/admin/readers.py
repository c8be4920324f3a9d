"""Readers: find them, look at one, act on her behalf."""

from enum import StrEnum
from typing import TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.errors import PermanentError
from newsletter.publications.models import Cadence
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.models import Source, Subscription, SubscriptionState
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.remind import CannotRemind, send_confirmation_again
from newsletter.subscriptions.search import ReaderFilter, count_readers, find_readers
from newsletter.subscriptions.signs import sign_of
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_words import digest_name
from newsletter.web.admin.publication_choice import needed_publication, of_publication
from newsletter.web.admin.reader_mail import latest_deliveries, latest_letters
from newsletter.web.admin.typed import typed
from newsletter.web.words import hours_words

Choice = TypeVar("Choice", bound=StrEnum)


def wanted_readers() -> ReaderFilter:
    """Read the filter in the running request; a choice that does not exist counts as none."""
    return ReaderFilter(
        publication_id=needed_publication().id,
        address=typed("address"),
        state=_chosen(SubscriptionState, "state"),
        cadence=_chosen(Cadence, "cadence"),
        oldest_first=typed("order") == "oldest",
    )


@admin.get("/readers")
@staff(StaffRole.VIEWER)
def readers() -> ResponseReturnValue:
    """List the readers that a filter finds."""
    wanted = wanted_readers()
    return render_template(
        "web/admin/readers.html",
        wanted=wanted,
        page=find_readers(wanted, after=typed("after")),
        count=count_readers(wanted),
        states=list(SubscriptionState),
        cadences=list(Cadence),
        filtered=bool(wanted.address or wanted.state or wanted.cadence),
    )


@admin.get("/readers/<int:subscription_id>")
@staff(StaffRole.VIEWER)
def reader(subscription_id: int) -> ResponseReturnValue:
    """Show one reader with everything we know of her."""
    subscription = of_publication(Subscription, subscription_id)
    return render_template(
        "web/admin/reader.html",
        subscription=subscription,
        subscriber=subscription.subscriber,
        suppression=suppression_of(address=subscription.subscriber.email),
        erased=is_erased(subscription.subscriber),
        topics=subscription.publication.offered_topics,
        events=history(subscription_id=subscription.id),
        sign=sign_of(subscription),
        letters=latest_letters(subscription.id),
        deliveries=latest_deliveries(subscription.id),
        cadences=list(Cadence),
        digest_name=digest_name,
        hours_words=hours_words,
    )


@admin.post("/readers/<int:subscription_id>/unsubscribe")
@staff(StaffRole.EDITOR)
def reader_unsubscribe(subscription_id: int) -> ResponseReturnValue:
    """End the subscription on the reader's behalf."""
    subscription = of_publication(Subscription, subscription_id)
    now = utc_now()
    with unit_of_work():
        ended = unsubscribe(subscription=subscription, request=_by_staff(), now=now)
        if ended:
            _record("reader_unsubscribed", subscription)
    flash("This subscription has ended." if ended else "This subscription had ended before.")
    return _back(subscription_id)


@admin.post("/readers/<int:subscription_id>/suppress")
@staff(StaffRole.EDITOR)
def reader_suppress(subscription_id: int) -> ResponseReturnValue:
    """Silence the address for every publication."""
    subscription = of_publication(Subscription, subscription_id)
    with unit_of_work():
        suppress(
            address=subscription.subscriber.email,
            reason=SuppressionReason.MANUAL,
            note=typed("note", longest=500),
            now=utc_now(),
        )
        _record("address_suppressed", subscription)
    flash("This address gets no mail any more.")
    return _back(subscription_id)


@admin.post("/readers/<int:subscription_id>/confirmation")
@staff(StaffRole.EDITOR)
def reader_remind(subscription_id: int) -> ResponseReturnValue:
    """Send a pending reader her confirmation once more."""
    subscription = of_publication(Subscription, subscription_id)
    try:
        with unit_of_work():
            send_confirmation_again(subscription=subscription, now=utc_now())
            _record("confirmation_requested", subscription)
    except CannotRemind as refusal:
        flash(str(refusal), "warning")
    else:
        flash("A new confirmation is on its way.")
    return _back(subscription_id)


@admin.post("/readers/<int:subscription_id>/preferences")
@staff(StaffRole.EDITOR)
def reader_preferences(subscription_id: int) -> ResponseReturnValue:
    """Change cadence and topics on the reader's behalf."""
    subscription = of_publication(Subscription, subscription_id)
    try:
        with unit_of_work():
            changed = change_preferences(
                subscription=subscription,
                cadence=_chosen(Cadence, "cadence") or subscription.cadence,
                topics=request.form.getlist("topics"),
                request=_by_staff(),
                now=utc_now(),
            )
            if changed:
                _record("reader_preferences_changed", subscription)
    except PermanentError as refusal:
        flash(str(refusal), "warning")
    else:
        flash("The choices are saved." if changed else "Nothing was changed.")
    return _back(subscription_id)


def _chosen(kind: type[Choice], name: str) -> Choice | None:
    try:
        return kind(typed(name))
    except ValueError:
        return None


def _by_staff() -> RequestEvidence:
    """Return the evidence of an act of staff: the page, never the address of her computer."""
    return RequestEvidence(source=Source.STAFF, page=request.path)


def _record(action: str, subscription: Subscription) -> None:
    audit.record(
        action,
        staff=staff_member(),
        now=utc_now(),
        object_kind="subscription",
        object_id=subscription.id,
    )


def _back(subscription_id: int) -> ResponseReturnValue:
    return redirect(url_for("admin.reader", subscription_id=subscription_id))
