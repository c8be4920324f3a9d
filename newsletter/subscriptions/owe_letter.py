"""Owe a reader a letter: the row first, then a job that names it."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.subscriptions.models import (
    AddressChange,
    Letter,
    LetterKind,
    LetterState,
    Subscription,
)


def owe_letter(
    *,
    subscription: Subscription,
    kind: LetterKind,
    now: datetime,
    after: timedelta = timedelta(),
    change: AddressChange | None = None,
) -> Letter:
    """Owe one letter.

    Args:
        after: not to be sent before; the sweeper asks for it then.
        change: the change of address that the letter is about.
    """
    letter = Letter(
        kind=kind,
        subscription_id=subscription.id,
        requested_at=now,
        next_attempt_at=now + after,
        address_change_id=change.id if change else None,
    )
    db.session.add(letter)
    db.session.flush()
    if not after:
        enqueue(Job.SEND_LETTER, letter_id=letter.id)
    return letter


def letters_since(
    *, subscriber_id: int, kind: LetterKind, since: datetime, subscription_id: int | None = None
) -> int:
    """Return how many letters of a kind a reader was owed since a moment, sent or to be sent.

    Args:
        subscription_id: count those about one subscription alone.
    """
    statement = (
        sa.select(sa.func.count())
        .select_from(Letter)
        .join(Subscription, Letter.subscription_id == Subscription.id)
        .where(Subscription.subscriber_id == subscriber_id, Letter.kind == kind)
        .where(Letter.state.in_([LetterState.QUEUED, LetterState.SENT]))
        .where(Letter.requested_at > since)
    )
    if subscription_id is not None:
        statement = statement.where(Subscription.id == subscription_id)
    return db.session.scalars(statement).one()


def in_nobodys_hand(moment: datetime) -> sa.ColumnElement[bool]:
    """Whether no worker has a letter in hand at a moment of the database's clock."""
    return sa.or_(Letter.lease_until.is_(None), Letter.lease_until < moment)
