"""Come back: an unsubscribing is undone as if it had not been, and its owner is told."""

from datetime import timedelta

from newsletter.subscriptions import consent
from newsletter.subscriptions.come_back import ComeBackResult
from newsletter.subscriptions.models import ConsentStep, SubscriptionState
from newsletter.subscriptions.short_links import read_undo
from tests.factories import NOW, Make, reload
from tests.subscriptions.leaving import LATER, leave, undo
from tests.subscriptions.post import deliver_post


def test_an_undo_restores_the_subscription_and_is_kept_as_a_step(make: Make) -> None:
    row = make.subscription(cursor=7)
    leave(row)
    assert undo(row, round=2) is ComeBackResult.BACK
    back = reload(row)
    assert (back.state, back.cursor, back.unsubscribed_at) == ("confirmed", 7, None)
    assert back.confirmed_at == NOW
    steps = [event.step for event in consent.history(subscription_id=row.id)]
    assert steps == [ConsentStep.UNSUBSCRIBED, ConsentStep.CAME_BACK]


def test_an_undo_used_twice_says_that_she_is_back(make: Make) -> None:
    row = make.subscription()
    leave(row)
    undo(row, round=2)
    assert undo(row, round=2) is ComeBackResult.ALREADY_BACK


def test_an_undo_of_an_earlier_leaving_brings_nobody_back(make: Make) -> None:
    row = make.subscription()
    leave(row)
    undo(row, round=2)
    leave(row)
    assert undo(row, round=2) is ComeBackResult.OUTDATED
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED


def test_the_letter_leaves_when_the_button_has_stopped_working(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    leave(row)
    assert deliver_post(now=NOW + timedelta(minutes=1)) == []
    (letter,) = deliver_post(now=LATER)
    assert letter.to == "ann@example.org"
    link = read_undo(letter.token, now=LATER + timedelta(days=7))
    assert link == (row.id, 2)


def test_who_has_come_back_by_the_button_gets_no_letter(make: Make) -> None:
    row = make.subscription()
    leave(row)
    undo(row, round=2)
    assert deliver_post(now=LATER) == []
