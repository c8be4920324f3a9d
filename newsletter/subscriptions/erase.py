"""Erase a reader: the person goes, the counts of what was sent stay true."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.extensions import db
from newsletter.mail.addresses import address_key
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import forget_choices_of_time
from newsletter.subscriptions.models import (
    AddressChange,
    ConsentEvent,
    Letter,
    LetterState,
    Source,
    Subscriber,
)
from newsletter.subscriptions.signs import forget
from newsletter.subscriptions.tell_choices import forget_choices_of
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.soft_points import forget_points
from newsletter.suppressions.suppress import forget_words, suppress

log = structlog.get_logger()

ERASED_DOMAIN = "erased.invalid"  # RFC 6761: leads nowhere, ever
_SKIPPED = "the reader was erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """Whose person is gone, by the ids that stay."""

    subscriber_id: int
    subscription_ids: tuple[int, ...]


def find_subscriber(*, email: str) -> Subscriber | None:
    """Return the subscriber of an address, by whatever spelling of it."""
    key = address_key(email)
    return db.session.scalar(sa.select(Subscriber).where(Subscriber.email_key == key))


def is_erased(subscriber: Subscriber) -> bool:
    """Whether there is no person behind the row any more."""
    return subscriber.email.endswith(f"@{ERASED_DOMAIN}")


def erase_subscriber(*, email: str, now: datetime, source: Source = Source.STAFF) -> Erased | None:
    """Blank all that says who the reader was; None if nobody has this address.

    Subscriptions and their history stay as rows without a person, so that a digest's figures
    do not change afterwards. A keyed hash of the address stays too: no import brings her back.
    """
    subscriber = find_subscriber(email=email)
    if subscriber is None:
        return None
    subscriptions = list(subscriber.subscriptions)
    for subscription in subscriptions:
        unsubscribe(subscription=subscription, request=RequestEvidence(source), now=now)
        forget_choices_of_time(subscription)  # a time zone tells where somebody lives
    ids = tuple(subscription.id for subscription in subscriptions)
    suppress(address=subscriber.email, reason=SuppressionReason.ERASED, now=now)
    forget_points(address_hash=subscriber.address_hash)
    _forget_changes(subscriber.email, ids)
    _blank_subscriber(subscriber)
    db.session.flush()
    forget(subscription_ids=ids)
    forget_choices_of(subscription_ids=ids)
    _blank_consent(ids)
    _blank_letters(ids)
    log.info("reader_erased", subscriber_id=subscriber.id)
    return Erased(subscriber.id, ids)


def _forget_changes(email: str, subscription_ids: tuple[int, ...]) -> None:
    """Delete her changes of address, and others' that name hers: nobody moves there any more.

    What silences an address that she left goes on doing so by its hash alone.
    """
    hers = AddressChange.subscription_id.in_(subscription_ids)
    for left in db.session.scalars(sa.select(AddressChange.old_email).where(hers)):
        forget_words(address=left)
    named = (
        sa.func.lower(name) == sa.func.lower(email)
        for name in (AddressChange.old_email, AddressChange.new_email)
    )
    gone = sa.delete(AddressChange).where(sa.or_(hers, *named))
    db.session.execute(gone.execution_options(synchronize_session=False))


def _blank_subscriber(subscriber: Subscriber) -> None:
    subscriber.email = f"erased-{subscriber.id}@{ERASED_DOMAIN}"
    subscriber.email_key = subscriber.email
    subscriber.address_hash = secrets.token_hex(32)
    subscriber.name = ""


def _blank_consent(subscription_ids: tuple[int, ...]) -> None:
    db.session.execute(
        sa.update(ConsentEvent)
        .where(ConsentEvent.subscription_id.in_(subscription_ids))
        .values(ip_address="", user_agent="", page="", detail="")
    )


def _blank_letters(subscription_ids: tuple[int, ...]) -> None:
    letters = sa.update(Letter).where(Letter.subscription_id.in_(subscription_ids))
    db.session.execute(letters.values(reason=""))
    waiting = letters.where(Letter.state == LetterState.QUEUED)
    db.session.execute(waiting.values(state=LetterState.SKIPPED, reason=_SKIPPED))
