"""Letters that undo an unsubscribing: each end is heard of, and nobody is bombed with them."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.subscriptions.come_back import LETTERS_A_DAY, ComeBackResult
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.models import Letter, Subscription, SubscriptionState
from newsletter.subscriptions.short_links import LinkTimedOut, read_undo, undo_token
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.leaving import BY_LINK, LATER, leave, undo
from tests.subscriptions.post import Opened, deliver_post

HOUR = timedelta(hours=1)


class Stranger:
    """Holds a link of a mail that was passed on, and presses whatever its pages offer."""

    def __init__(self, row: Subscription) -> None:
        self.row = row
        self.button = ""

    def press(self, *, at: datetime) -> None:
        """Leave for the reader, or undo it while the button works."""
        if reload(self.row).state is SubscriptionState.CONFIRMED:
            leave(self.row, at=at)
            self.button = undo_token(subscription=reload(self.row), now=at)
        elif self.button:
            self.use_button(at=at)

    def use_button(self, *, at: datetime) -> None:
        try:
            undo(self.row, round=read_undo(self.button, now=at).round, at=at)
        except LinkTimedOut:
            self.button = ""


def answer(letter: Opened, row: Subscription, *, at: datetime) -> None:
    """Come back by the link of a letter."""
    link = read_undo(letter.token, now=at)
    assert undo(row, round=link.round, at=at) is ComeBackResult.BACK


def test_who_undid_it_by_the_letter_is_told_when_it_ends_again_on_the_same_day(
    make: Make,
) -> None:
    row = make.subscription()
    leave(row)
    (first,) = deliver_post(now=LATER)
    answer(first, row, at=NOW + HOUR)
    leave(row, at=NOW + 2 * HOUR)
    (second,) = deliver_post(now=NOW + 3 * HOUR)
    answer(second, row, at=NOW + 3 * HOUR)
    assert reload(row).state is SubscriptionState.CONFIRMED


def test_who_signed_up_again_instead_is_told_too(make: Make) -> None:
    row = make.subscription()
    leave(row)
    deliver_post(now=LATER)
    with unit_of_work() as session:
        again = session.get_one(Subscription, row.id)
        again.state = SubscriptionState.PENDING
        confirm(subscription=again, round=again.round, request=BY_LINK, now=NOW + HOUR)
    leave(row, at=NOW + 2 * HOUR)
    (letter,) = deliver_post(now=NOW + 3 * HOUR)
    answer(letter, row, at=NOW + 3 * HOUR)


def test_leaving_and_coming_back_by_the_button_ends_in_one_letter(make: Make) -> None:
    row = make.subscription()
    for round_ in (2, 3, 4):
        leave(row)
        if round_ < 4:
            undo(row, round=round_)
    assert len(deliver_post(now=LATER)) == 1


def test_a_letter_waits_until_the_button_of_the_latest_end_has_stopped_working(
    make: Make,
) -> None:
    row = make.subscription()
    leave(row)
    undo(row, round=2, at=NOW + timedelta(seconds=50))
    leave(row, at=NOW + timedelta(seconds=70))
    assert deliver_post(now=NOW + timedelta(seconds=130)) == []
    (letter,) = deliver_post(now=NOW + timedelta(seconds=145))
    answer(letter, row, at=NOW + HOUR)


def test_a_letter_that_is_being_sent_tells_no_later_end_so_another_does(make: Make) -> None:
    row = make.subscription()
    leave(row)
    with unit_of_work() as session:
        in_hand = session.scalars(sa.select(Letter)).one()
        in_hand.lease_until = utc_now() + HOUR
    undo(row, round=2)
    leave(row)
    (letter,) = deliver_post(now=LATER)
    assert read_undo(letter.token, now=LATER).round == 3


@pytest.mark.parametrize("seconds", [7, 25, 31, 59, 61, 74, 76])
def test_a_stranger_who_presses_all_the_time_has_one_letter_sent(make: Make, seconds: int) -> None:
    stranger, at, letters = Stranger(make.subscription()), NOW, 0
    for _ in range(60):
        stranger.press(at=at)
        letters += len(deliver_post(now=at))
        at += timedelta(seconds=seconds)
    if reload(stranger.row).state is SubscriptionState.CONFIRMED:
        stranger.press(at=at)
    letters += len(deliver_post(now=at + HOUR))
    assert letters == 1


def test_a_stranger_has_as_many_more_sent_as_she_answers_and_a_few_a_day_whatever_happens(
    make: Make,
) -> None:
    row = make.subscription()
    for number in range(LETTERS_A_DAY):
        at = NOW + number * HOUR
        Stranger(row).press(at=at)
        (letter,) = deliver_post(now=at + timedelta(minutes=2))
        answer(letter, row, at=at + timedelta(minutes=5))
    leave(row, at=NOW + 10 * HOUR)
    assert deliver_post(now=NOW + 11 * HOUR) == []
    undo(row, round=reload(row).round, at=NOW + 12 * HOUR)
    leave(row, at=NOW + 30 * HOUR)
    assert len(deliver_post(now=NOW + 31 * HOUR)) == 1, "the next day"
