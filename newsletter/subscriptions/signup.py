"""Sign up: the first step of double opt-in, the same to the outside for every address."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from newsletter.database import inserted_if_missing
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions import consent
from newsletter.subscriptions.choices import choices_of
from newsletter.subscriptions.come_back import is_undoable
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    ConsentStep,
    LetterKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.owe_letter import owe_letter
from newsletter.subscriptions.shares import take_share
from newsletter.subscriptions.tell_choices import has_untold, tell_of_change
from newsletter.suppressions.suppress import hash_address


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
    language: str = "",
) -> None:
    """Note the wish and owe the reader a letter; what kind, only her inbox learns.

    Args:
        cadence: the publication's own if None.
        topics: slugs of offered topics; none means every article.
        language: of the page she signed up on; the publication's own if not given.

    Raises:
        UnusableAddress, UnknownChoice.
    """
    address = usable_address(email)
    chosen = topic_ids(publication, topics)
    subscriber = find_or_add_subscriber(email=address, name=name, now=now)
    subscription = _find_or_add_subscription(
        subscriber, publication, cadence or publication.default_cadence, chosen, now=now
    )
    may_get_letter = take_share(subscriber=subscriber, now=now)
    if subscription.state is not SubscriptionState.CONFIRMED:
        before = choices_of(subscription, now=now) if is_undoable(subscription, now=now) else None
        subscription.state = SubscriptionState.PENDING
        subscription.cadence = cadence or publication.default_cadence
        subscription.topics = chosen
        subscription.language = language or publication.language
        subscription.signed_up_at = now
        if before is not None and not has_untold(subscription):
            # Should she undo its end instead, she hears of these choices, and can undo them too.
            tell_of_change(subscription=subscription, before=before, now=now)
        consent.record(
            subscription=subscription,
            step=ConsentStep.SIGNED_UP,
            request=request,
            wording=consent.current_wording(publication, language=subscription.language, now=now),
            now=now,
        )
    if may_get_letter:
        _owe_letter(subscription, now=now)


def usable_address(text: str) -> str:
    """Return the address as it will be mailed to.

    The part before the @ must be ASCII: few relays take another, and letters that look alike or
    fold to the same ("ſam", "sam") would let a stranger take the place of a reader.

    Raises:
        UnusableAddress: not one address that mail could reach.
    """
    stripped = text.strip()
    if not stripped:
        raise UnusableAddress(_("Enter your email address."))
    try:
        address = validate_email(stripped, check_deliverability=False).normalized
    except EmailNotValidError:
        raise UnusableAddress(
            _("Enter an email address in the form name@example.org; this one cannot receive mail.")
        ) from None
    if not address.rpartition("@")[0].isascii():
        raise UnusableAddress(
            _("Enter an address with plain Latin letters before the @; mail to others gets lost.")
        )
    return address


def topic_ids(publication: Publication, slugs: Iterable[str]) -> frozenset[int]:
    """Return the ids of offered topics; choosing all of them is the same as choosing none.

    Raises:
        UnknownChoice: one of them is not offered.
    """
    chosen = set(slugs)
    if not chosen:
        return frozenset()
    offered = {topic.slug: topic.id for topic in publication.offered_topics}
    if chosen - offered.keys():
        raise UnknownChoice(_("%(name)s does not offer this topic.", name=publication.name))
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
    added = inserted_if_missing(db.session(), Subscriber, values, unique=["email_key"])
    if added is not None:
        return added
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
    unique = ["subscriber_id", "publication_id"]
    added = inserted_if_missing(db.session(), Subscription, values, unique=unique)
    if added is not None:
        return added
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
    """Queue the letter that fits the subscription."""
    confirmed = subscription.state is SubscriptionState.CONFIRMED
    kind = LetterKind.ALREADY_CONFIRMED if confirmed else LetterKind.CONFIRMATION
    owe_letter(subscription=subscription, kind=kind, now=now)
