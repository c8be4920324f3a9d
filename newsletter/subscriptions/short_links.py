"""Links that work for a short time: undo, reasons, own data, a new address, former choices.

Each carries the moment until which it works, so that the page and the letter can differ.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from newsletter.subscriptions.come_back import UNDO_DAYS, UNDO_MINUTE
from newsletter.subscriptions.links import BrokenLink, Purpose, read, sign, url_of
from newsletter.subscriptions.models import AddressChange, Subscription
from newsletter.subscriptions.tell_choices import SET_BACK_DAYS

#: Time to say why she left; a page that stays open overnight asks nothing any more.
REASON_HOURS = 1
#: A mail with such a link may be passed on, or lie open, so its link dies soon.
MY_DATA_MINUTES = 60
NEW_ADDRESS_HOURS = 24
OLD_ADDRESS_DAYS = 7


class LinkTimedOut(BrokenLink):
    """A sound link whose time is over."""

    def __init__(self, purpose: Purpose, *, number: int) -> None:
        super().__init__("This link has expired.")
        self.purpose = purpose
        self.number = number  # the first that it carries, a row's id


class LeavingLink(NamedTuple):
    """What a link says that belongs to one leaving."""

    subscription_id: int
    round: int


class PersonalLink(NamedTuple):
    """What a link to a reader's own data says; it dies with a change of her address too."""

    subscription_id: int
    made_at: datetime


def undo_token(*, subscription: Subscription, now: datetime) -> str:
    """Return what undoes an unsubscribing for a minute, for the button on the page after it."""
    return sign(Purpose.UNDO, *_leaving(subscription, now + UNDO_MINUTE))


def undo_url(*, subscription: Subscription, now: datetime) -> str:
    """Return the address of the page that undoes an unsubscribing, for the letter."""
    return url_of(Purpose.UNDO, *_leaving(subscription, now + timedelta(days=UNDO_DAYS)))


def reason_token(*, subscription: Subscription, now: datetime) -> str:
    """Return what lets her say why she left."""
    return sign(Purpose.REASON, *_leaving(subscription, now + timedelta(hours=REASON_HOURS)))


def my_data_url(*, subscription: Subscription, now: datetime) -> str:
    """Return the address of a reader's own data; it goes to her address and nowhere else."""
    return url_of(Purpose.MY_DATA, subscription.id, int(now.timestamp()))


def new_address_url(*, change: AddressChange) -> str:
    """Return the address that moves a reader to her new address."""
    until = change.asked_at + timedelta(hours=NEW_ADDRESS_HOURS)
    return url_of(Purpose.NEW_ADDRESS, change.id, int(until.timestamp()))


def old_address_url(*, change: AddressChange) -> str:
    """Return the address that moves her back; of a change that was made."""
    until = (change.changed_at or change.asked_at) + timedelta(days=OLD_ADDRESS_DAYS)
    return url_of(Purpose.OLD_ADDRESS, change.id, int(until.timestamp()))


def former_choices_url(*, letter_id: int, now: datetime) -> str:
    """Return the address of the page that sets back the choices a letter tells of."""
    until = now + timedelta(days=SET_BACK_DAYS)
    return url_of(Purpose.FORMER_CHOICES, letter_id, int(until.timestamp()))


def read_undo(token: str, *, now: datetime) -> LeavingLink:
    """Return what an undo link says; raises `ForgedLink`, `LinkTimedOut`."""
    return LeavingLink(*_read_until(Purpose.UNDO, token, length=3, now=now))


def read_reason(token: str, *, now: datetime) -> LeavingLink:
    """Return what lets a reason be given; raises `ForgedLink`, `LinkTimedOut`."""
    return LeavingLink(*_read_until(Purpose.REASON, token, length=3, now=now))


def read_my_data(token: str, *, now: datetime) -> PersonalLink:
    """Return what a link to a reader's data says; raises `ForgedLink`, `LinkTimedOut`."""
    subscription_id, made = read(Purpose.MY_DATA, token, length=2)
    made_at = datetime.fromtimestamp(made, UTC)
    if now - made_at > timedelta(minutes=MY_DATA_MINUTES):
        raise LinkTimedOut(Purpose.MY_DATA, number=subscription_id)
    return PersonalLink(subscription_id, made_at)


def read_new_address(token: str, *, now: datetime) -> int:
    """Return the id of a change of address; raises `ForgedLink`, `LinkTimedOut`."""
    return _read_until(Purpose.NEW_ADDRESS, token, length=2, now=now)[0]


def read_old_address(token: str, *, now: datetime) -> int:
    """Return the id of a change to be undone; raises `ForgedLink`, `LinkTimedOut`."""
    return _read_until(Purpose.OLD_ADDRESS, token, length=2, now=now)[0]


def read_former_choices(token: str, *, now: datetime) -> int:
    """Return the id of the letter that tells of them; raises `ForgedLink`, `LinkTimedOut`."""
    return _read_until(Purpose.FORMER_CHOICES, token, length=2, now=now)[0]


def _leaving(subscription: Subscription, until: datetime) -> tuple[int, int, int]:
    return subscription.id, subscription.round, int(until.timestamp())


def _read_until(purpose: Purpose, token: str, *, length: int, now: datetime) -> list[int]:
    *numbers, until = read(purpose, token, length=length)
    if now.timestamp() > until:
        raise LinkTimedOut(purpose, number=numbers[0])
    return numbers
