"""Sending a pending reader her confirmation once more."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.models import Letter, LetterKind, SubscriptionState
from newsletter.subscriptions.remind import CannotRemind, send_confirmation_again
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make


def letters() -> list[LetterKind]:
    return list(db.session.scalars(sa.select(Letter.kind)))


def test_a_pending_reader_is_owed_one_more_confirmation(make: Make) -> None:
    subscription = make.subscription(state=SubscriptionState.PENDING)
    with unit_of_work():
        send_confirmation_again(subscription=subscription, now=NOW)
    assert letters() == [LetterKind.CONFIRMATION]


@pytest.mark.parametrize("state", [SubscriptionState.CONFIRMED, SubscriptionState.UNSUBSCRIBED])
def test_nobody_else_gets_one(make: Make, state: SubscriptionState) -> None:
    subscription = make.subscription(state=state)
    with pytest.raises(CannotRemind), unit_of_work():
        send_confirmation_again(subscription=subscription, now=NOW)
    assert letters() == []


def test_a_silenced_address_gets_none(make: Make) -> None:
    subscription = make.subscription(state=SubscriptionState.PENDING, email="ada@example.org")
    with unit_of_work():
        suppress(address="Ada@example.org", reason=SuppressionReason.MANUAL, now=NOW)
    with pytest.raises(CannotRemind, match="suppressed"), unit_of_work():
        send_confirmation_again(subscription=subscription, now=NOW)


def test_the_limits_of_the_signup_form_hold_for_staff(make: Make) -> None:
    subscription = make.subscription(state=SubscriptionState.PENDING)
    with unit_of_work():
        send_confirmation_again(subscription=subscription, now=NOW)
    with pytest.raises(CannotRemind, match="share"), unit_of_work():
        send_confirmation_again(subscription=subscription, now=NOW + timedelta(hours=23))
    with unit_of_work():
        send_confirmation_again(subscription=subscription, now=NOW + timedelta(hours=25))
    assert len(letters()) == 2
