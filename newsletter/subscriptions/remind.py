"""Remind: send a pending reader her confirmation once more, on request of staff."""

from datetime import datetime

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.owe_letter import owe_letter
from newsletter.subscriptions.shares import take_share
from newsletter.suppressions.suppress import suppression_of


class CannotRemind(PermanentError):
    """Why no confirmation goes out; the limits of the signup form hold for staff too."""


def send_confirmation_again(*, subscription: Subscription, now: datetime) -> Letter:
    """Owe the reader a fresh confirmation.

    Raises:
        CannotRemind: she is not pending, is silenced, or had her share of letters.
    """
    db.session.refresh(subscription, with_for_update=True)
    if subscription.state is not SubscriptionState.PENDING:
        raise CannotRemind("This subscription does not wait for a confirmation.")
    subscriber = db.session.get_one(Subscriber, subscription.subscriber_id)
    if suppression_of(address=subscriber.email) is not None:
        raise CannotRemind("This address is suppressed and gets no mail.")
    if not take_share(subscriber=subscriber, now=now):
        raise CannotRemind(
            "This address had its share of letters. One a day and three in a month go out at most."
        )
    return owe_letter(subscription=subscription, kind=LetterKind.CONFIRMATION, now=now)
