"""Come back: an unsubscribing is undone as if it had not been, and its owner is told."""

from datetime import timedelta

from newsletter.publications.models import Cadence
from newsletter.subscriptions import consent
from newsletter.subscriptions.come_back import ComeBackResult
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.links import read_confirm
from newsletter.subscriptions.models import (
    ConsentStep,
    LetterKind,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.set_back import SetBackResult
from newsletter.subscriptions.short_links import read_former_choices, read_undo
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.asking import ask
from tests.subscriptions.leaving import BY_LINK, LATER, leave, undo
from tests.subscriptions.post import deliver_post
from tests.subscriptions.telling import choose, press


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


# -- somebody signs up with the address meanwhile: perhaps the stranger who ended it -------------


def test_the_end_is_told_though_somebody_signed_up_with_the_address_since(make: Make) -> None:
    row = make.subscription(email="ann@example.org", cursor=7)
    leave(row)
    ask(row.publication, "ann@example.org")
    (letter,) = [one for one in deliver_post(now=LATER) if one.kind is LetterKind.LEFT]
    assert undo(row, round=read_undo(letter.token, now=LATER)[1]) is ComeBackResult.BACK
    back = reload(row)
    assert (back.state, back.cursor, back.unsubscribed_at) == ("confirmed", 7, None)


def test_who_undoes_the_end_hears_of_what_that_signup_chose_and_can_undo_it(make: Make) -> None:
    row = make.subscription(email="ann@example.org", cadence=Cadence.WEEKLY, language="uk")
    leave(row)
    ask(row.publication, "ann@example.org", cadence=Cadence.DAILY, language="en")
    undo(row, round=2)
    told = deliver_post(now=NOW + timedelta(hours=1))
    (letter,) = [one for one in told if one.kind is LetterKind.CHOICES_CHANGED]
    later = NOW + timedelta(hours=2)
    assert press(read_former_choices(letter.token, now=later), now=later) is SetBackResult.SET_BACK
    assert (reload(row).cadence, reload(row).language) == (Cadence.WEEKLY, "uk")


def test_who_confirms_that_signup_herself_hears_of_no_change(make: Make) -> None:
    row = make.subscription(email="ann@example.org", cadence=Cadence.WEEKLY)
    leave(row)
    ask(row.publication, "ann@example.org", cadence=Cadence.DAILY)
    (confirmation,) = [one for one in deliver_post(now=NOW) if one.kind is LetterKind.CONFIRMATION]
    later = NOW + timedelta(minutes=1)
    link = read_confirm(confirmation.token, now=later)
    with unit_of_work() as session:
        pending = session.get_one(Subscription, link.subscription_id)
        confirm(subscription=pending, round=link.round, request=BY_LINK, now=later)
    assert {one.kind for one in deliver_post(now=NOW + timedelta(hours=1))} <= {LetterKind.WELCOME}


def test_what_is_changed_after_she_confirmed_is_told_though_a_signup_was_to_be(make: Make) -> None:
    row = make.subscription(email="ann@example.org", cadence=Cadence.WEEKLY)
    leave(row)
    ask(row.publication, "ann@example.org", cadence=Cadence.DAILY)
    with unit_of_work() as session:
        pending = session.get_one(Subscription, row.id)
        confirm(subscription=pending, round=2, request=BY_LINK, now=NOW + timedelta(minutes=1))
    choose(row, Cadence.MONTHLY, now=NOW + timedelta(minutes=2))
    later = NOW + timedelta(hours=1)
    (letter,) = [one for one in deliver_post(now=later) if one.kind is LetterKind.CHOICES_CHANGED]
    press(read_former_choices(letter.token, now=later), now=later)
    assert reload(row).cadence is Cadence.DAILY, "which she confirmed"


def test_of_two_signups_meanwhile_both_can_be_undone(make: Make) -> None:
    row = make.subscription(email="ann@example.org", cadence=Cadence.WEEKLY)
    leave(row)
    ask(row.publication, "ann@example.org", cadence=Cadence.DAILY)
    deliver_post(now=NOW + timedelta(minutes=20))
    ask(row.publication, "ann@example.org", cadence=Cadence.MONTHLY)
    undo(row, round=2, at=NOW + timedelta(minutes=30))
    later = NOW + timedelta(hours=2)
    (letter,) = [one for one in deliver_post(now=later) if one.kind is LetterKind.CHOICES_CHANGED]
    press(read_former_choices(letter.token, now=later), now=later)
    assert reload(row).cadence is Cadence.WEEKLY


def test_the_end_of_that_signup_too_leaves_the_owner_a_link_that_works(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    leave(row)
    ask(row.publication, "ann@example.org")
    leave(row, at=NOW + timedelta(seconds=30))
    (letter,) = [one for one in deliver_post(now=LATER) if one.kind is LetterKind.LEFT]
    assert undo(row, round=read_undo(letter.token, now=LATER)[1]) is ComeBackResult.BACK


def test_nobody_comes_back_who_was_never_confirmed(make: Make) -> None:
    row = make.subscription(state=SubscriptionState.PENDING, confirmed_at=None)
    leave(row, tell=False)
    assert undo(row, round=2) is ComeBackResult.OUTDATED
