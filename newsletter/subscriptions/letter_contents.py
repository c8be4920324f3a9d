"""What a letter says, to which address it goes, and why it is not sent after all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from newsletter.subscriptions import consent
from newsletter.subscriptions.change_address import is_taken
from newsletter.subscriptions.choices_words import ChangedChoice, changed_choices
from newsletter.subscriptions.come_back import UNDO_DAYS
from newsletter.subscriptions.erase import find_subscriber
from newsletter.subscriptions.links import (
    confirm_url,
    keep_url,
    preferences_url,
    unsubscribe_url,
)
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    Letter,
    LetterKind,
    SubscriptionState,
)
from newsletter.subscriptions.question import reason_not_to_ask, told_to_end
from newsletter.subscriptions.short_links import (
    MY_DATA_MINUTES,
    NEW_ADDRESS_HOURS,
    OLD_ADDRESS_DAYS,
    former_choices_url,
    my_data_url,
    new_address_url,
    old_address_url,
    undo_url,
)
from newsletter.subscriptions.tell_choices import (
    SET_BACK_DAYS,
    former_of,
    reason_not_to_tell,
    untold_language,
)
from newsletter.subscriptions.welcome import reason_to_withhold
from newsletter.suppressions.suppress import suppression_of

#: The state in which a subscription must be for a letter about it. That it ended is told though
#: somebody signed up with the address since, who may be the stranger that ended it.
_ENDED = (SubscriptionState.UNSUBSCRIBED, SubscriptionState.PENDING)
_NEEDED_STATES = {
    LetterKind.CONFIRMATION: (SubscriptionState.PENDING,),
    LetterKind.ALREADY_CONFIRMED: (SubscriptionState.CONFIRMED,),
    LetterKind.LEFT: _ENDED,
    LetterKind.STILL_WANTED: (SubscriptionState.CONFIRMED,),
    LetterKind.ENDED: _ENDED,
    LetterKind.CHOICES_CHANGED: (SubscriptionState.CONFIRMED,),
}
_NEEDED_CHANGES = {
    LetterKind.NEW_ADDRESS: AddressChangeState.ASKED,
    LetterKind.ADDRESS_CHANGED: AddressChangeState.DONE,
}


class LetterContent(NamedTuple):
    """Which letter is written in the end, its link, and how long that works (0: not said)."""

    kind: LetterKind
    link: str
    lasts: int = 0
    leave_url: str = ""  # where it can be unsubscribed from, if anywhere
    changes: Sequence[ChangedChoice] = ()
    language: str = ""  # the subscription's own if empty
    imported: bool = False  # she did not ask on a form of ours


def reason_to_skip(letter: Letter, *, now: datetime) -> str:
    """Say why a letter is not to be sent any more, empty if it is."""
    subscription, change = letter.subscription, letter.address_change
    if letter.kind in _NEEDED_CHANGES:
        if change is None or change.state is not _NEEDED_CHANGES[letter.kind]:
            return "the change of address is no longer to be made"
        if letter.kind is LetterKind.NEW_ADDRESS and now > _last_moment(change):
            return "its link would have expired"
    if suppression_of(address=address_of(letter)):
        return "the address is suppressed"
    if letter.kind is LetterKind.WELCOME:
        return reason_to_withhold(subscription, now=now)
    if subscription.state not in _NEEDED_STATES.get(letter.kind, (subscription.state,)):
        return f"the subscription is {subscription.state.value}"
    if letter.kind is LetterKind.STILL_WANTED:
        return reason_not_to_ask(subscription, now=now)
    if letter.kind is LetterKind.CHOICES_CHANGED:
        return reason_not_to_tell(letter, now=now)
    return ""


def address_of(letter: Letter) -> str:
    """Return the address that a letter goes to."""
    change = letter.address_change
    if change is not None and letter.kind is LetterKind.NEW_ADDRESS:
        return change.new_email
    if change is not None and letter.kind is LetterKind.ADDRESS_CHANGED:
        return change.old_email
    return letter.subscription.subscriber.email


def content_of(letter: Letter, *, now: datetime) -> LetterContent:
    """Return what the letter says; the kinds of `_NEEDED_CHANGES` have their change by now."""
    subscription, kind, change = letter.subscription, letter.kind, letter.address_change
    if change is not None and kind is LetterKind.NEW_ADDRESS:
        return _to_new_address(change)
    if change is not None and kind is LetterKind.ADDRESS_CHANGED:
        return LetterContent(kind, old_address_url(change=change), OLD_ADDRESS_DAYS)
    if kind is LetterKind.CONFIRMATION:
        link = confirm_url(subscription=subscription, now=letter.requested_at)
        return LetterContent(kind, link, imported=consent.came_by_file(subscription.id))
    if kind is LetterKind.STILL_WANTED:
        leave_url = unsubscribe_url(subscription_id=subscription.id)
        days = told_to_end(subscription)
        return LetterContent(kind, keep_url(subscription=subscription), days, leave_url)
    if kind in (LetterKind.LEFT, LetterKind.ENDED):
        link, language = undo_url(subscription=subscription, now=now), untold_language(subscription)
        return LetterContent(kind, link, UNDO_DAYS, language=language)
    if kind is LetterKind.CHOICES_CHANGED:
        return _about_choices(letter, now=now)
    if kind is LetterKind.PERSONAL_LINK:
        return LetterContent(kind, my_data_url(subscription=subscription, now=now), MY_DATA_MINUTES)
    return LetterContent(kind, preferences_url(subscription_id=subscription.id))


def _about_choices(letter: Letter, *, now: datetime) -> LetterContent:
    """Say what was changed, in the language from before: she may not read the one it is now."""
    former = former_of(letter)
    assert former is not None  # or there was a reason to skip the letter
    link = former_choices_url(letter_id=letter.id, now=now)
    changes = changed_choices(former, language=former.language, now=now)
    return LetterContent(
        letter.kind, link, SET_BACK_DAYS, changes=changes, language=former.language
    )


def _to_new_address(change: AddressChange) -> LetterContent:
    """Ask to confirm, or tell the owner of an address that is known already that it is."""
    if not is_taken(email=change.new_email):
        link = new_address_url(change=change)
        return LetterContent(LetterKind.NEW_ADDRESS, link, NEW_ADDRESS_HOURS)
    owner = find_subscriber(email=change.new_email)
    known = owner.subscriptions if owner else []
    same = [one for one in known if one.publication_id == change.subscription.publication_id]
    shown = (same or known or [change.subscription])[0]
    return LetterContent(LetterKind.ADDRESS_TAKEN, preferences_url(subscription_id=shown.id))


def _last_moment(change: AddressChange) -> datetime:
    return change.asked_at + timedelta(hours=NEW_ADDRESS_HOURS)
