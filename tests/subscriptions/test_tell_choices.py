"""A change by a footer link is told to its owner, once a day at most."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.erase import erase_subscriber
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Subscription,
)
from newsletter.subscriptions.opens_consent import end_opens
from newsletter.subscriptions.own_data import own_data
from newsletter.subscriptions.short_links import read_former_choices
from newsletter.subscriptions.tell_choices import (
    forget_former_choices,
    held_choices,
    tell_of_change,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.leaving import leave, undo
from tests.subscriptions.post import deliver_post
from tests.subscriptions.telling import BY, DAY, SOON, choose, letters, press


def test_a_change_is_told_in_words_a_quarter_of_an_hour_later(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    choose(row, Cadence.MONTHLY)
    assert deliver_post(now=NOW + SOON - timedelta(seconds=1)) == []
    (letter,) = deliver_post(now=NOW + SOON)
    assert letter.to == "ann@example.org"
    assert letter.subject == f"Your choices for {row.publication.name} were changed"
    assert "How often: on the 1st of each month at 08:00" in letter.text
    assert "before: every day at 08:00" in letter.text
    assert "Which topics" not in letter.text, "only what is different stands there"


def test_what_comes_to_nothing_is_not_told(make: Make) -> None:
    row = make.subscription()
    choose(row, Cadence.DAILY)
    assert letters() == []
    choose(row, Cadence.WEEKLY)
    choose(row, Cadence.DAILY)
    assert deliver_post(now=NOW + SOON) == []
    assert letters() == [LetterState.SKIPPED]


def test_ending_what_notices_opens_is_not_told_and_never_undone(make: Make) -> None:
    home = make.publication(counts_opens=True)
    row = make.subscription(publication=home)
    make.sign(subscription=row)
    with unit_of_work() as session:
        hers = session.get_one(Subscription, row.id)
        before = held_choices(hers, now=NOW)
        end_opens(subscription=hers, request=BY, now=NOW)
        tell_of_change(subscription=hers, before=before, now=NOW)
    assert letters() == []


def test_whatever_is_pressed_for_a_week_brings_one_letter_a_day(make: Make) -> None:
    row = make.subscription()
    sent = 0
    for hour in range(7 * 24):
        now = NOW + timedelta(hours=hour)
        choose(row, Cadence.WEEKLY if hour % 2 else Cadence.MONTHLY, now=now)
        sent += len(deliver_post(now=now + timedelta(minutes=30)))
    assert sent == 7


def test_a_change_while_the_letter_is_in_a_workers_hand_gets_one_of_its_own(make: Make) -> None:
    row = make.subscription()
    choose(row, Cadence.WEEKLY)
    with unit_of_work() as session:
        letter = session.scalars(sa.select(Letter)).one()
        letter.lease_until = datetime.now(tz=NOW.tzinfo) + timedelta(minutes=12)
    choose(row, Cadence.MONTHLY)
    assert letters() == [LetterState.QUEUED, LetterState.QUEUED]


def test_a_hundred_changes_at_the_same_moment_owe_one_letter(app: Flask, make: Make) -> None:
    row_id = make.subscription().id

    def press_once(number: int) -> None:
        with app.app_context():
            row = db.session.get_one(Subscription, row_id)
            choose(row, Cadence.WEEKLY if number % 2 else Cadence.MONTHLY)
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press_once, range(100)))
    assert letters() == [LetterState.QUEUED]


def test_a_suppressed_address_is_told_nothing(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    choose(row, Cadence.WEEKLY)
    with unit_of_work():
        suppress(address="ann@example.org", reason=SuppressionReason.MANUAL, now=NOW)
    assert deliver_post(now=NOW + SOON) == []


def test_a_language_changed_before_leaving_is_not_that_of_the_letter_about_it(make: Make) -> None:
    row = make.subscription(publication=make.publication(languages="uk"))
    choose(row, Cadence.DAILY, language="uk")
    leave(row)
    (left,) = deliver_post(now=NOW + timedelta(minutes=2))
    assert left.subject.startswith("You are unsubscribed")


def test_who_leaves_before_the_letter_is_told_when_she_comes_back(make: Make) -> None:
    row = make.subscription()
    choose(row, Cadence.MONTHLY)
    leave(row)
    (left,) = deliver_post(now=NOW + SOON)
    assert "unsubscribed" in left.subject
    undo(row, round=2)
    (told,) = deliver_post(now=NOW + 2 * DAY)
    assert "before: every day" in told.text
    press(read_former_choices(told.token, now=NOW), now=NOW + 2 * DAY)
    assert reload(row).cadence is Cadence.DAILY


@pytest.mark.parametrize(("days", "kept"), [(7, True), (8, False)])
def test_former_choices_are_kept_while_the_link_works(make: Make, days: int, kept: bool) -> None:
    row = make.subscription()
    choose(row, Cadence.WEEKLY)
    deliver_post(now=NOW + SOON)
    with unit_of_work():
        forget_former_choices(now=NOW + timedelta(days=days))
    assert bool(db.session.scalars(sa.select(FormerChoices)).all()) is kept


def test_erasing_a_reader_forgets_them_and_the_letter_is_not_sent(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    choose(row, Cadence.WEEKLY)
    with unit_of_work():
        erase_subscriber(email="ann@example.org", now=NOW)
    assert db.session.scalars(sa.select(FormerChoices)).all() == []
    assert deliver_post(now=NOW + SOON) == []


def test_her_data_tells_what_she_had_chosen_before(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    choose(row, Cadence.WEEKLY)
    db.session.rollback()
    (letter,) = own_data(reload(row).subscriber)["subscriptions"][0]["letters"]
    assert letter["kind"] == LetterKind.CHOICES_CHANGED.value
    assert letter["choices_before"]["cadence"] == "daily"
