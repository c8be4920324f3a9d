"""Sign up: the first step of double opt-in, the same to the outside for every address."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from newsletter.database import insert_missing
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.suppress import hash_address

#: How many letters a signup form can make us send to one address: (within, at most).
LETTER_LIMITS = ((timedelta(hours=24), 1), (timedelta(days=30), 3))
#: Those that count: what a reader asked for with a link of her own is limited elsewhere.
SIGNUP_LETTERS = (LetterKind.CONFIRMATION, LetterKind.ALREADY_CONFIRMED)


class UnusableAddress(PermanentError):
    """The text says what is wrong with the address."""


class UnknownChoice(PermanentError):
    """A cadence or topic that the publication does not offer."""


def sign_up(
    *,
    publication: Publication,
    email: str,
    cadence: Cadence | None,
    topics: Iterable[str],
    name: str,
    request: RequestEvidence,
    now: datetime,
) -> None:
    """Note the wish and owe the reader a letter; what kind, only her inbox learns.

    Args:
        cadence: the publication's own if None.
        topics: slugs of offered topics; none means every article.

    Raises:
        UnusableAddress, UnknownChoice.
    """
    address = usable_address(email)
    chosen = topic_ids(publication, topics)
    subscriber = find_or_add_subscriber(email=address, name=name, now=now)
    subscription = _find_or_add_subscription(
        subscriber, publication, cadence or publication.default_cadence, chosen, now=now
    )
    if subscription.state is not SubscriptionState.CONFIRMED:
        subscription.state = SubscriptionState.PENDING
        subscription.cadence = cadence or publication.default_cadence
        subscription.topics = chosen
        subscription.signed_up_at = now
        consent.record(
            subscription=subscription,
            step=ConsentStep.SIGNED_UP,
            request=request,
            wording=consent.current_wording(publication, now=now),
            now=now,
        )
    _owe_letter(subscription, now=now)


def usable_address(text: str) -> str:
    """Return the address as it will be mailed to.

    Raises:
        UnusableAddress: not one address that mail could reach.
    """
    stripped = text.strip()
    if not stripped:
        raise UnusableAddress("Enter your email address.")
    try:
        return validate_email(stripped, check_deliverability=False).normalized
    except EmailNotValidError:
        raise UnusableAddress(
            "Enter an email address in the form name@example.org; this one cannot receive mail."
        ) from None


def topic_ids(publication: Publication, slugs: Iterable[str]) -> frozenset[int]:
    """Return the ids of offered topics; choosing all of them is the same as choosing none.

    Raises:
        UnknownChoice: one of them is not offered.
    """
    offered = {topic.slug: topic.id for topic in publication.offered_topics}
    chosen = set(slugs)
    if chosen - offered.keys():
        raise UnknownChoice(f"{publication.name} does not offer this topic.")
    return frozenset() if chosen == offered.keys() else frozenset(offered[one] for one in chosen)


def find_or_add_subscriber(*, email: str, name: str, now: datetime) -> Subscriber:
    """Return the subscriber of an address, stored once however many ask at the same moment."""
    key = email.casefold()
    values = {
        "email": email,
        "email_key": key,
        "address_hash": hash_address(email),
        "name": " ".join(name.split())[:200],
        "created_at": now,
    }
    insert_missing(db.session(), Subscriber, values, unique=["email_key"])
    return db.session.scalars(sa.select(Subscriber).where(Subscriber.email_key == key)).one()


def _find_or_add_subscription(
    subscriber: Subscriber,
    publication: Publication,
    cadence: Cadence,
    topics: frozenset[int],
    *,
    now: datetime,
) -> Subscription:
    values = {
        "subscriber_id": subscriber.id,
        "publication_id": publication.id,
        "cadence": cadence,
        "topics": topics,
        "language": publication.language,
        "created_at": now,
        "signed_up_at": now,
    }
    insert_missing(db.session(), Subscription, values, unique=["subscriber_id", "publication_id"])
    statement = (
        sa.select(Subscription)
        .where(
            Subscription.subscriber_id == subscriber.id,
            Subscription.publication_id == publication.id,
        )
        .with_for_update()  # parallel signups queue up here, so that one letter is owed
    )
    return db.session.scalars(statement).one()


def _owe_letter(subscription: Subscription, *, now: datetime) -> None:
    """Queue the letter that fits the subscription, unless the address had its share."""
    if not may_write_to(subscriber_id=subscription.subscriber_id, now=now):
        return
    confirmed = subscription.state is SubscriptionState.CONFIRMED
    letter = Letter(
        kind=LetterKind.ALREADY_CONFIRMED if confirmed else LetterKind.CONFIRMATION,
        subscription_id=subscription.id,
        requested_at=now,
        next_attempt_at=now,
    )
    db.session.add(letter)
    db.session.flush()
    enqueue(Job.SEND_LETTER, letter_id=letter.id)


def may_write_to(*, subscriber_id: int, now: datetime) -> bool:
    """Whether a signup form may make us send this reader one more letter."""
    letters = (
        sa.select(sa.func.count())
        .select_from(Letter)
        .join(Subscription, Letter.subscription_id == Subscription.id)
        .where(Subscription.subscriber_id == subscriber_id)
        .where(Letter.state.in_([LetterState.QUEUED, LetterState.SENT]))
        .where(Letter.kind.in_(SIGNUP_LETTERS))
    )
    return all(
        db.session.scalars(letters.where(Letter.requested_at > now - within)).one() < most
        for within, most in LETTER_LIMITS
    )
