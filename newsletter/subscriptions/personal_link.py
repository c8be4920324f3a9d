"""Personal link: what opens a reader's own data, sent to her address whenever she asks."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.links import BrokenLink
from newsletter.subscriptions.models import (
    AddressChange,
    LetterKind,
    Subscription,
)
from newsletter.subscriptions.owe_letter import letters_since, owe_letter
from newsletter.subscriptions.short_links import PersonalLink

#: How many such letters a reader can be sent: (within, at most). Who holds a forwarded mail can
#: ask for them too.
LETTER_LIMITS = ((timedelta(minutes=10), 1), (timedelta(hours=24), 5))


class WithdrawnLink(BrokenLink):
    """A personal link of before the reader's address changed, or of one who was erased."""


def ask_for_personal_link(*, subscription: Subscription, now: datetime) -> bool:
    """Owe the reader a letter with a fresh link, unless she had her share; say whether it is owed.

    Whoever asks is told the same either way.
    """
    db.session.refresh(subscription, with_for_update=True)
    kind, reader = LetterKind.PERSONAL_LINK, subscription.subscriber_id
    for within, most in LETTER_LIMITS:
        if letters_since(subscriber_id=reader, kind=kind, since=now - within) >= most:
            return False
    owe_letter(subscription=subscription, kind=kind, now=now)
    return True


def check_personal_link(*, subscription: Subscription, link: PersonalLink) -> None:
    """Refuse a link that was sent to an address which is not the reader's any more.

    Raises:
        WithdrawnLink.
    """
    if is_erased(subscription.subscriber):
        raise WithdrawnLink("This link leads to nothing any more.")
    hers = sa.select(Subscription.id).where(
        Subscription.subscriber_id == subscription.subscriber_id
    )
    moved = sa.select(AddressChange.id).where(
        AddressChange.subscription_id.in_(hers),
        # A link carries whole seconds.
        AddressChange.changed_at >= link.made_at,
    )
    if db.session.scalar(moved.limit(1)) is not None:
        raise WithdrawnLink("This link was sent before the address changed.")
