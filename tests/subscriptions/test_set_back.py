"""What a footer link changed is set back by the link in the letter about it."""

from datetime import time, timedelta

from newsletter.publications.models import Cadence
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import (
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.opens_consent import allow_opens
from newsletter.subscriptions.pause import pause, resume
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.set_back import SetBackResult
from newsletter.subscriptions.short_links import read_former_choices
from newsletter.subscriptions.signs import sign_of
from newsletter.subscriptions.tell_choices import (
    held_choices,
    tell_of_change,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.post import deliver_post
from tests.subscriptions.telling import BY, DAY, SOON, choose, press


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
