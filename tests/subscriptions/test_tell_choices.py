"""A change by a footer link is told to its owner, once a day at most, and can be set back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.erase import erase_subscriber
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.opens_consent import allow_opens, end_opens
from newsletter.subscriptions.own_data import own_data
from newsletter.subscriptions.pause import pause, resume
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.set_back import SetBackResult, set_back
from newsletter.subscriptions.short_links import read_former_choices
from newsletter.subscriptions.signs import sign_of
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

BY = RequestEvidence(Source.MAIL_LINK)
SOON = timedelta(minutes=15)
DAY = timedelta(hours=24)


def choose(row: Subscription, cadence: Cadence, *, now: datetime = NOW, language: str = "") -> None:
    """Change choices as a footer link does."""
    with unit_of_work() as session:
        hers = session.get_one(Subscription, row.id)
        before = held_choices(hers, now=now)
        topics = [one.slug for one in hers.publication.topics if one.id in hers.topics]
        change_preferences(
            subscription=hers,
            cadence=cadence,
            topics=topics,
            language=language,
            request=BY,
            now=now,
        )
        tell_of_change(subscription=hers, before=before, now=now)


def press(letter_id: int, *, now: datetime) -> SetBackResult:
    with unit_of_work() as session:
        former = session.get_one(FormerChoices, letter_id)
        return set_back(former=former, request=BY, now=now)


def letters() -> list[LetterState]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Letter.state).order_by(Letter.id)))


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


def test_the_link_of_the_letter_sets_everything_back_for_a_week(make: Make) -> None:
    row = make.subscription(email="ann@example.org")
    choose(row, Cadence.MONTHLY)
    (letter,) = deliver_post(now=NOW + SOON)
    last = NOW + SOON + timedelta(days=7)
    assert press(read_former_choices(letter.token, now=last), now=last) is SetBackResult.SET_BACK
    assert reload(row).cadence is Cadence.DAILY
    details = [event.detail for event in history(subscription_id=row.id)]
    assert details == ["monthly; every topic; en", "daily; every topic; en"]


def test_a_link_pressed_twice_finds_that_all_is_as_it_was(make: Make) -> None:
    row = make.subscription()
    choose(row, Cadence.MONTHLY)
    (letter,) = deliver_post(now=NOW + SOON)
    letter_id = read_former_choices(letter.token, now=NOW)
    assert press(letter_id, now=NOW + SOON) is SetBackResult.SET_BACK
    assert press(letter_id, now=NOW + SOON) is SetBackResult.ALREADY
    assert deliver_post(now=NOW + 3 * DAY) == [], "setting back is not told in turn"


def test_every_kind_of_choice_is_told_and_set_back(make: Make) -> None:
    home = make.publication(counts_opens=True, languages="uk")
    topics = [make.topic(publication=home, name=name) for name in ("Europe", "Asia")]
    row = make.subscription(publication=home, topics=frozenset({topics[0].id}))
    with unit_of_work() as session:
        hers = session.get_one(Subscription, row.id)
        before = held_choices(hers, now=NOW)
        change_preferences(
            subscription=hers,
            cadence=Cadence.INSTANT,
            topics=["asia"],
            language="uk",
            request=BY,
            now=NOW,
        )
        hours = Hours(time(23), "Asia/Tokyo")
        choose_hours(subscription=hers, hours=hours, request=BY, now=NOW)
        day = (NOW + timedelta(days=90)).date()
        pause(subscription=hers, until=day, request=BY, now=NOW)
        allow_opens(subscription=hers, language="uk", request=BY, now=NOW)
        tell_of_change(subscription=hers, before=before, now=NOW)
    (letter,) = deliver_post(now=NOW + SOON)
    for words in (
        "How often: as soon as an article appears",
        "At what time: at 23:00 (Tokyo time)",
        "Which topics: Asia",
        "before: Europe",
        "Language: Українська",
        "before: English",
        f"Pause: nothing comes before {day:%B} {day.day}, {day.year}",
        "before: no pause",
        "When you open a mail: we may notice it",
        "before: we do not notice it",
    ):
        assert words in letter.text
    assert "If it was not you" in letter.text, "in the language from before"
    press(read_former_choices(letter.token, now=NOW), now=NOW + SOON)
    back = reload(row)
    assert (back.cadence, back.topics, back.language) == ("daily", {topics[0].id}, "en")
    assert (back.hours_id, back.paused_until, sign_of(back)) == (None, None, None)


def test_a_pause_that_was_ended_and_hours_that_were_taken_away_come_back(make: Make) -> None:
    home = make.publication()
    until = NOW + timedelta(days=20)
    row = make.subscription(publication=home, paused_until=until)
    hours = Hours(time(18), "Asia/Tokyo")
    with unit_of_work() as session:
        hers = session.get_one(Subscription, row.id)
        choose_hours(subscription=hers, hours=hours, request=BY, now=NOW)
    with unit_of_work() as session:
        hers = session.get_one(Subscription, row.id)
        before = held_choices(hers, now=NOW)
        resume(subscription=hers, request=BY, now=NOW)
        choose_hours(subscription=hers, hours=None, request=BY, now=NOW)
        tell_of_change(subscription=hers, before=before, now=NOW)
    (letter,) = deliver_post(now=NOW + SOON)
    press(read_former_choices(letter.token, now=NOW), now=NOW + SOON)
    back = reload(row)
    assert (back.paused_until, back.hours) == (until, hours)


def test_topics_that_are_offered_no_more_are_set_back_all_the_same(make: Make) -> None:
    home = make.publication()
    old = make.topic(publication=home, name="Europe")
    make.topic(publication=home, name="Asia")
    row = make.subscription(publication=home, topics=frozenset({old.id}))
    former = make.former_choices(subscription=row, topics=frozenset({old.id}))
    with unit_of_work() as session:
        session.get_one(type(old), old.id).offered = False
        session.get_one(Subscription, row.id).topics = frozenset()
    assert press(former.letter_id, now=NOW) is SetBackResult.SET_BACK
    assert reload(row).topics == {old.id}


def test_several_changes_make_one_letter_and_it_sets_back_the_first(make: Make) -> None:
    row = make.subscription()
    for minute, cadence in enumerate((Cadence.WEEKLY, Cadence.MONTHLY, Cadence.INSTANT)):
        choose(row, cadence, now=NOW + timedelta(minutes=minute))
    (letter,) = deliver_post(now=NOW + SOON)
    assert "as soon as an article appears" in letter.text
    assert "before: every day" in letter.text
    press(read_former_choices(letter.token, now=NOW), now=NOW + SOON)
    assert reload(row).cadence is Cadence.DAILY


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


def test_changes_after_a_letter_are_told_a_day_after_it_and_each_link_sets_back_its_own(
    make: Make,
) -> None:
    row = make.subscription()
    choose(row, Cadence.WEEKLY)
    sent = NOW + SOON
    (first,) = deliver_post(now=sent)
    for minute in range(5):
        odd = minute % 2
        moment = sent + timedelta(minutes=1 + minute)
        choose(row, Cadence.INSTANT if odd else Cadence.MONTHLY, now=moment)
    assert deliver_post(now=sent + DAY - timedelta(seconds=1)) == []
    (second,) = deliver_post(now=sent + DAY)
    assert "before: every Monday" in second.text
    press(read_former_choices(second.token, now=NOW), now=sent + DAY)
    assert reload(row).cadence is Cadence.WEEKLY
    press(read_former_choices(first.token, now=NOW), now=sent + DAY)
    assert reload(row).cadence is Cadence.DAILY


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
    row = make.subscription()

    def press_once(number: int) -> None:
        with app.app_context():
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


def test_who_signed_up_again_chose_anew_and_nothing_is_set_back(make: Make) -> None:
    row = make.subscription(confirmed_at=NOW + timedelta(minutes=5))
    former = make.former_choices(subscription=row)
    assert press(former.letter_id, now=NOW + SOON) is SetBackResult.OUTDATED
    assert deliver_post(now=NOW + SOON) == []
    assert reload(row).cadence is Cadence.DAILY


def test_of_a_subscription_that_ended_nothing_is_set_back(make: Make) -> None:
    row = make.subscription(state=SubscriptionState.UNSUBSCRIBED)
    former = make.former_choices(subscription=row)
    assert press(former.letter_id, now=NOW) is SetBackResult.OUTDATED


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
