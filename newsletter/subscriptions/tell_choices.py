"""Tell the owner of an address that a footer link changed its choices: perhaps it was not her."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.database_clock import database_now
from newsletter.extensions import db
from newsletter.subscriptions.choices import Choices, changed_names, choices_of, former_choices
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Subscription,
)
from newsletter.subscriptions.owe_letter import in_nobodys_hand, owe_letter

#: How long the link in the letter sets back what was changed.
SET_BACK_DAYS = 7
#: The letter waits for so long, so that what is changed in one visit stands in one letter.
GATHERED = timedelta(minutes=15)
#: What is changed after a letter is told, but no sooner than so long after it.
_LETTER_AGAIN = timedelta(hours=24)


def held_choices(subscription: Subscription, *, now: datetime) -> Choices:
    """Return what holds before a change, and hold the row until it is committed.

    Of changes at the same moment one owes the letter, and the others find it waiting.
    """
    db.session.refresh(subscription, with_for_update=True)
    return choices_of(subscription, now=now)


def tell_of_change(*, subscription: Subscription, before: Choices, now: datetime) -> bool:
    """Owe the letter about a change, to be called where `held_choices` was.

    A letter that waits already tells this change too, and sets back what held before the first
    one. So no subscription has two letters within a day, whatever is pressed.

    Returns:
        Whether another letter is owed.
    """
    db.session.flush()
    if not changed_names(before, choices_of(subscription, now=now)):
        return False
    if _one_waits(subscription):
        return False
    due = _next_moment(subscription, now=now)
    letter = owe_letter(
        subscription=subscription, kind=LetterKind.CHOICES_CHANGED, now=now, after=due - now
    )
    db.session.add(FormerChoices(letter_id=letter.id, **before._asdict()))
    db.session.flush()
    return True


def former_of(letter: Letter) -> FormerChoices | None:
    """Return what a letter can set back; None once that is forgotten."""
    return db.session.get(FormerChoices, letter.id)


def untold_language(subscription: Subscription) -> str:
    """Return the language from before a change that is still to be told, empty if none is.

    Whoever changed it and then ended the subscription must not choose the language of the letter
    that tells its end.
    """
    waiting = (
        sa.select(FormerChoices.language)
        .join(Letter, FormerChoices.letter_id == Letter.id)
        .where(Letter.subscription_id == subscription.id, Letter.state == LetterState.QUEUED)
    )
    return db.session.scalar(waiting.order_by(Letter.id).limit(1)) or ""


def reason_not_to_tell(letter: Letter, *, now: datetime) -> str:
    """Return why the letter of a confirmed reader is not sent after all, empty if it is."""
    former = former_of(letter)
    if former is None:
        return "what was chosen before is forgotten"
    if is_overtaken(former):
        return "she chose anew when she signed up again"
    if not changed_names(former_choices(former, now=now), choices_of(letter.subscription, now=now)):
        return "everything is as it was"
    return ""


def is_overtaken(former: FormerChoices) -> bool:
    """Whether she confirmed anew since, and so chose anew."""
    confirmed_at = former.letter.subscription.confirmed_at
    return confirmed_at is not None and confirmed_at > former.letter.requested_at


def tell_after_all(*, subscription: Subscription, now: datetime) -> None:
    """Owe once more the letter that was left out because the subscription had ended.

    Who comes back gets everything as it was, and so what somebody changed before it ended.
    """
    hers = sa.select(Letter).join(FormerChoices, FormerChoices.letter_id == Letter.id)
    letter = db.session.scalars(
        hers.where(Letter.subscription_id == subscription.id).order_by(Letter.id.desc()).limit(1)
    ).first()
    if letter is not None and letter.state is LetterState.SKIPPED:
        letter.requested_at, letter.next_attempt_at = now, _next_moment(subscription, now=now)
        letter.state, letter.reason, letter.attempts = LetterState.QUEUED, "", 0
        letter.lease_until = None
        db.session.flush()


def has_untold(subscription: Subscription) -> bool:
    """Whether choices from before a change are kept that its owner has not been told of."""
    kept = (
        sa.select(Letter.id)
        .join(FormerChoices, FormerChoices.letter_id == Letter.id)
        .where(Letter.subscription_id == subscription.id)
        .where(Letter.state.in_([LetterState.QUEUED, LetterState.SKIPPED]))
    )
    return db.session.scalar(kept.limit(1)) is not None


def forget_untold(subscription: Subscription) -> None:
    """Tell nothing of what was changed before she confirmed her choices herself."""
    untold = sa.select(Letter.id).where(
        Letter.subscription_id == subscription.id,
        Letter.kind == LetterKind.CHOICES_CHANGED,
        Letter.state.in_([LetterState.QUEUED, LetterState.SKIPPED]),
    )
    _forget(untold)
    waiting = sa.update(Letter).where(
        Letter.id.in_(untold), Letter.state == LetterState.QUEUED, in_nobodys_hand(database_now())
    )
    values = {"state": LetterState.SKIPPED, "reason": "she chose anew when she confirmed"}
    db.session.execute(waiting.values(**values).execution_options(synchronize_session=False))


def forget_former_choices(*, now: datetime) -> int:
    """Delete what no link sets back any more; return how many there were."""
    over = sa.select(Letter.id).where(
        Letter.kind == LetterKind.CHOICES_CHANGED,
        Letter.state != LetterState.QUEUED,
        sa.func.coalesce(Letter.sent_at, Letter.requested_at) < now - timedelta(days=SET_BACK_DAYS),
    )
    return _forget(over)


def forget_choices_of(*, subscription_ids: tuple[int, ...]) -> int:
    """Delete what erased readers had chosen before."""
    return _forget(sa.select(Letter.id).where(Letter.subscription_id.in_(subscription_ids)))


def _forget(letters: sa.Select[int]) -> int:
    gone = sa.delete(FormerChoices).where(FormerChoices.letter_id.in_(letters))
    result = db.session.execute(gone.execution_options(synchronize_session=False))
    return result.rowcount  # type: ignore[attr-defined, no-any-return]


def _one_waits(subscription: Subscription) -> bool:
    """Whether a letter is still to be written; one in a worker's hand may be written already."""
    waits = sa.select(Letter.id).where(
        Letter.subscription_id == subscription.id,
        Letter.kind == LetterKind.CHOICES_CHANGED,
        Letter.state == LetterState.QUEUED,
        in_nobodys_hand(database_now()),
    )
    return db.session.scalar(waits.limit(1)) is not None


def _next_moment(subscription: Subscription, *, now: datetime) -> datetime:
    """Return when the next letter may leave: soon, or a day after the last one that did."""
    last = db.session.scalar(
        sa.select(sa.func.max(sa.func.coalesce(Letter.sent_at, Letter.requested_at))).where(
            Letter.subscription_id == subscription.id,
            Letter.kind == LetterKind.CHOICES_CHANGED,
            Letter.state.not_in([LetterState.SKIPPED, LetterState.FAILED]),
        )
    )
    soon = now + GATHERED
    return max(soon, last + _LETTER_AGAIN) if last else soon
