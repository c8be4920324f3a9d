"""Signed links in mails: confirm, unsubscribe, preferences; those of `short_links` too.

A token reads `key-body…-seal`, lower-case letters, digits and hyphens only, so that it also lives
in the local part of a mail address, which servers may case-fold. The seal is HMAC-SHA-256 over
purpose and body, cut to 128 bits; the key id lets links outlive a change of the secret.
"""

import hashlib
import hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from newsletter.base32 import lower_base32
from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.keyed_hash import KeyedHash, keyed_hash
from newsletter.subscriptions.models import Subscription

#: How long a confirmation link opens anything.
CONFIRM_DAYS = 7

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a link is good for; a token of one purpose opens no other."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    ONE_CLICK = "one-click"  # the same page, opened by the header of a mail
    PREFERENCES = "preferences"
    FRESH_PREFERENCES = "fresh-preferences"  # the same page, for who just opened her mail
    UNDO = "undo"  # an unsubscribing
    REASON = "reason"  # for it
    MY_DATA = "my-data"
    NEW_ADDRESS = "new-address"
    OLD_ADDRESS = "old-address"  # back to it
    OPEN = "open"  # the picture in mails of readers who consented
    KEEP = "keep"  # the mails, said by a reader who was asked
    FORMER_CHOICES = "former-choices"  # back to them


class BrokenLink(PermanentError):
    """A link that opens nothing."""


class ForgedLink(BrokenLink):
    """A link that was not made here, or lost a part on its way."""


class ExpiredLink(BrokenLink):
    """A confirmation link older than `CONFIRM_DAYS`."""

    def __init__(self, text: str, *, subscription_id: int) -> None:
        super().__init__(text)
        self.subscription_id = subscription_id


class ConfirmLink(NamedTuple):
    """What a confirmation link says."""

    subscription_id: int
    round: int


class LeavingLink(NamedTuple):
    """A link to unsubscribe; one in the header of a mail is not passed on with its words."""

    subscription_id: int
    in_header: bool


class PreferencesLink(NamedTuple):
    """A link to a reader's choices; that at the foot of a mail has no moment and works for ever."""

    subscription_id: int
    made_at: datetime | None = None


class ReaderLinks(NamedTuple):
    """The links in every mail to a reader."""

    unsubscribe_url: str
    one_click_url: str  # for List-Unsubscribe
    preferences_url: str
    unsubscribe_token: str  # for the mailto form of List-Unsubscribe


def confirm_url(*, subscription: Subscription, now: datetime) -> str:
    """Return the address of the page that confirms `subscription`, good for seven days."""
    numbers = (subscription.id, subscription.round, int(now.timestamp()))
    return url_of(Purpose.CONFIRM, *numbers)


def unsubscribe_url(*, subscription_id: int) -> str:
    """Return the address that ends the subscription; it never expires."""
    return url_of(Purpose.UNSUBSCRIBE, subscription_id)


def one_click_url(*, subscription_id: int) -> str:
    """Return the address for the header of a mail, which ends the subscription by one POST."""
    return link_writer().reader_links(subscription_id=subscription_id).one_click_url


def preferences_url(*, subscription_id: int) -> str:
    """Return the address of the reader's choices; it never expires."""
    return url_of(Purpose.PREFERENCES, subscription_id)


def url_of_preferences(link: PreferencesLink) -> str:
    """Return the address of the same page, one with a moment only for who came from her mailbox."""
    if link.made_at is None:
        return preferences_url(subscription_id=link.subscription_id)
    numbers = (link.subscription_id, int(link.made_at.timestamp()))
    return link_writer().url(Purpose.PREFERENCES, sign(Purpose.FRESH_PREFERENCES, *numbers))


def keep_url(*, subscription: Subscription) -> str:
    """Return the address of the page that says that the mails are still wanted, in this round."""
    return url_of(Purpose.KEEP, subscription.id, subscription.round)


class LinkWriter:
    """Writes links with one key; made once for a mail to very many readers."""

    def __init__(self, *, base_url: str, key: str) -> None:
        self._base_url = base_url
        self._key_id = _key_id(key)
        self._hash = keyed_hash(key.encode())

    def token(self, purpose: Purpose, *numbers: int) -> str:
        """Return the token that carries `numbers` for `purpose`."""
        return self._token(purpose, "-".join([_digits(number) for number in numbers]))

    def url(self, purpose: Purpose, token: str) -> str:
        """Return the address that a token opens."""
        return f"{self._base_url}/{purpose.value}/{token}"

    def reader_links(self, *, subscription_id: int) -> ReaderLinks:
        """Return the links in every mail to a reader; they never expire."""
        body = _digits(subscription_id)
        unsubscribe = self._token(Purpose.UNSUBSCRIBE, body)
        one_click = self._token(Purpose.ONE_CLICK, body)
        preferences = self._token(Purpose.PREFERENCES, body)
        return ReaderLinks(
            unsubscribe_url=self.url(Purpose.UNSUBSCRIBE, unsubscribe),
            one_click_url=self.url(Purpose.UNSUBSCRIBE, one_click),
            preferences_url=self.url(Purpose.PREFERENCES, preferences),
            unsubscribe_token=unsubscribe,
        )

    def open_url(self, *, delivery_id: int) -> str:
        """Return the address of the picture that tells an open of one mail."""
        return self.url(Purpose.OPEN, self.token(Purpose.OPEN, delivery_id))

    def _token(self, purpose: Purpose, body: str) -> str:
        return f"{self._key_id}-{body}-{_seal(self._hash, purpose, body)}"


def link_writer() -> LinkWriter:
    """Return a writer with the newest key."""
    return LinkWriter(base_url=settings.base_url, key=settings.secret_keys[0])


def read_confirm(token: str, *, now: datetime) -> ConfirmLink:
    """Return what a confirmation token says.

    Raises:
        ForgedLink, ExpiredLink.
    """
    subscription_id, round_, issued = read(Purpose.CONFIRM, token, length=3)
    if now - datetime.fromtimestamp(issued, UTC) > timedelta(days=CONFIRM_DAYS):
        raise ExpiredLink("This confirmation link has expired.", subscription_id=subscription_id)
    return ConfirmLink(subscription_id, round_)


def read_unsubscribe(token: str) -> int:
    """Return the subscription's id, or raise `ForgedLink`."""
    return read(Purpose.UNSUBSCRIBE, token, length=1)[0]


def read_leaving(token: str) -> LeavingLink:
    """Return what opens the page that unsubscribes, or raise `ForgedLink`."""
    with suppress(ForgedLink):
        return LeavingLink(read(Purpose.ONE_CLICK, token, length=1)[0], in_header=True)
    return LeavingLink(read_unsubscribe(token), in_header=False)


def read_preferences(token: str) -> PreferencesLink:
    """Return what opens the page of a reader's choices, or raise `ForgedLink`."""
    with suppress(ForgedLink):
        subscription_id, made = read(Purpose.FRESH_PREFERENCES, token, length=2)
        return PreferencesLink(subscription_id, datetime.fromtimestamp(made, UTC))
    return PreferencesLink(read(Purpose.PREFERENCES, token, length=1)[0])


def read_open(token: str) -> int:
    """Return the delivery's id that the picture of a mail names, or raise `ForgedLink`."""
    return read(Purpose.OPEN, token, length=1)[0]


def read_keep(token: str) -> tuple[int, int]:
    """Return the id and the round of the subscription, or raise `ForgedLink`."""
    subscription_id, round_ = read(Purpose.KEEP, token, length=2)
    return subscription_id, round_


def sign(purpose: Purpose, *numbers: int) -> str:
    """Return the token that carries `numbers` for `purpose`, signed by the newest key."""
    return link_writer().token(purpose, *numbers)


def url_of(purpose: Purpose, *numbers: int) -> str:
    """Return the address that carries `numbers` for `purpose`, signed by the newest key."""
    writer = link_writer()
    return writer.url(purpose, writer.token(purpose, *numbers))


def read(purpose: Purpose, token: str, *, length: int) -> list[int]:
    """Return the numbers that a token carries, or raise `ForgedLink`."""
    key_id, _, rest = token.lower().partition("-")
    body, _, seal = rest.rpartition("-")
    for key in settings.secret_keys:
        expected = _seal(keyed_hash(key.encode()), purpose, body)
        if key_id == _key_id(key) and hmac.compare_digest(expected.encode(), seal.encode()):
            numbers = [int(part, 36) for part in body.split("-")]
            if len(numbers) == length:
                return numbers
    raise ForgedLink("This link is not complete, or was not made by us.")


@cache
def _key_id(key: str) -> str:
    return hashlib.sha256(b"key-id:" + key.encode()).hexdigest()[:4]


def _seal(keyed: KeyedHash, purpose: Purpose, body: str) -> str:
    return lower_base32(keyed.digest(f"link:{purpose.value}:{body}".encode())[:16])


def _digits(number: int) -> str:
    out = ""
    while number:
        number, rest = divmod(number, 36)
        out = DIGITS[rest] + out
    return out or "0"
