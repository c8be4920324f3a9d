"""Come back: undo an unsubscribing, within a minute on the page or within days by mail."""

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.database_clock import database_now
from newsletter.extensions import db
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.owe_letter import in_nobodys_hand, letters_since, owe_letter
from newsletter.subscriptions.tell_choices import tell_after_all

#: How long the button on the page works.
UNDO_MINUTE = timedelta(minutes=1)
#: How long the link in the letter works.
UNDO_DAYS = 7
#: The letter leaves when the button has stopped working, so that who used it gets none.
_LETTER_AFTER = UNDO_MINUTE + timedelta(seconds=15)
#: Whatever is pressed, by whomever, by clocks however wrong.
LETTERS_A_DAY = 5


class ComeBackResult(StrEnum):
    """What came of an undo."""

    BACK = "back"
    ALREADY_BACK = "already_back"
    OUTDATED = "outdated"  # she left once more after this link was made


def is_undoable(subscription: Subscription, *, now: datetime) -> bool:
    """Whether mails that were confirmed ended so lately that their owner's letter works.

    Whether or not somebody has signed up with her address since: that alone takes nothing away.
    """
    ended_at = subscription.unsubscribed_at
    return (
        subscription.confirmed_at is not None
        and ended_at is not None
        and ended_at > now - timedelta(days=UNDO_DAYS)
    )


def standing_to_undo(*, subscription: Subscription, round: int) -> ComeBackResult | None:
    """Say what an undo finds before it is used; None: it would bring her back."""
    if subscription.round != round or subscription.confirmed_at is None:
        return ComeBackResult.OUTDATED
    if subscription.state is SubscriptionState.CONFIRMED:
        return ComeBackResult.ALREADY_BACK
    return None


def come_back(
    *, subscription: Subscription, round: int, request: RequestEvidence, now: datetime
) -> ComeBackResult:
    """Restore a subscription as it was, cursor, choices and legal basis included.

    Args:
        round: the one she left into; a link of an earlier one restores nothing.
    """
    db.session.refresh(subscription, with_for_update=True)
    found = standing_to_undo(subscription=subscription, round=round)
    if found is not None:
        return found
    subscription.state = SubscriptionState.CONFIRMED
    subscription.unsubscribed_at = None
    consent.record(subscription=subscription, step=ConsentStep.CAME_BACK, request=request, now=now)
    db.session.flush()
    tell_after_all(subscription=subscription, now=now)
    return ComeBackResult.BACK


def owe_undo_letter(*, subscription: Subscription, now: datetime) -> bool:
    """Tell the owner of the address that it ended: perhaps it was not her.

    To be called where `is_undoable` still says that there was something to lose. Once the letter
    is out, only her mailbox brings the subscription back. So a stranger causes one letter, and one
    more for each that she answers: who ends it again is not to go unheard.

    Returns:
        Whether another letter is owed.
    """
    if _put_off(subscription, until=now + _LETTER_AFTER):
        return False
    told = letters_since(
        subscriber_id=subscription.subscriber_id,
        kind=LetterKind.LEFT,
        since=now - timedelta(hours=24),
        subscription_id=subscription.id,
    )
    if told >= LETTERS_A_DAY:
        return False
    owe_letter(subscription=subscription, kind=LetterKind.LEFT, now=now, after=_LETTER_AFTER)
    return True


def _put_off(subscription: Subscription, *, until: datetime) -> bool:
    """Let the letter that waits tell the latest end, and say whether one waits.

    It leaves when the button of that end has stopped working too: a stranger who could still
    press it would have a letter sent each time, or leave her one whose link is outdated.
    """
    waiting = sa.update(Letter).where(
        Letter.subscription_id == subscription.id,
        Letter.kind == LetterKind.LEFT,
        Letter.state == LetterState.QUEUED,
        in_nobodys_hand(database_now()),
    )
    later = waiting.values(next_attempt_at=until)
    result = db.session.execute(later.execution_options(synchronize_session=False))
    return bool(result.rowcount)  # type: ignore[attr-defined]
