"""Signing up: one letter owed, whoever asks and however often."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.confirm import ConfirmResult, confirm
from newsletter.subscriptions.links import read_confirm
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    ConsentWording,
    Letter,
    LetterKind,
    Source,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.signup import UnknownChoice, UnusableAddress
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.asking import REQUEST, ask


def letters() -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).order_by(Letter.id)))


def only_subscription() -> Subscription:
    return db.session.scalars(sa.select(Subscription)).one()


def test_a_new_reader_is_pending_and_owed_a_confirmation(make: Make) -> None:
    ask(make.publication(default_cadence=Cadence.WEEKLY))
    subscription = only_subscription()
    assert subscription.state is SubscriptionState.PENDING
    assert subscription.cadence is Cadence.WEEKLY
    assert [letter.kind for letter in letters()] == [LetterKind.CONFIRMATION]


def test_the_first_consent_event_keeps_wording_page_network_and_browser(make: Make) -> None:
    ask(make.publication(name="The Paper"))
    event = db.session.scalars(sa.select(ConsentEvent)).one()
    assert (event.step, event.source) == (ConsentStep.SIGNED_UP, Source.PAGE)
    assert (event.page, event.ip_address) == ("http://localhost/", "203.0.113.9")
    assert event.wording is not None
    assert "The Paper" in event.wording.text


def test_two_spellings_of_one_address_are_one_reader_and_one_letter(make: Make) -> None:
    publication = make.publication()
    ask(publication, "reader@example.org")
    ask(publication, " READER@EXAMPLE.ORG ")
    assert db.session.scalars(sa.select(sa.func.count(Subscriber.id))).one() == 1
    assert len(letters()) == 1


def test_one_letter_a_day_and_three_in_thirty_days(make: Make) -> None:
    publication = make.publication()
    for hours in (0, 1, 23, 25, 26, 50, 75, 200, 29 * 24):
        ask(publication, now=NOW + timedelta(hours=hours))
    assert len(letters()) == 3
    ask(publication, now=NOW + timedelta(days=30, hours=1))
    assert len(letters()) == 4


def test_a_confirmed_reader_learns_by_mail_that_she_is_subscribed(make: Make) -> None:
    publication = make.publication()
    subscription = make.subscription(publication=publication, email="reader@example.org")
    ask(publication, "reader@example.org", cadence=Cadence.MONTHLY)
    assert reload(subscription).cadence is Cadence.DAILY, "a stranger must not change her choices"
    assert [letter.kind for letter in letters()] == [LetterKind.ALREADY_CONFIRMED]


def test_who_left_can_come_back_by_confirming_again(make: Make) -> None:
    publication = make.publication(last_position=7)
    subscription = make.subscription(
        publication=publication,
        email="reader@example.org",
        state=SubscriptionState.UNSUBSCRIBED,
        round=2,
    )
    ask(publication, "reader@example.org")
    assert reload(subscription).state is SubscriptionState.PENDING
    with unit_of_work():
        result = confirm(subscription=subscription, round=2, request=REQUEST, now=NOW)
    assert result is ConfirmResult.CONFIRMED
    assert reload(subscription).cursor == 7, "she starts after the newest article"


def test_a_link_from_before_she_left_does_not_bring_her_back(make: Make) -> None:
    subscription = make.subscription(state=SubscriptionState.PENDING)
    with unit_of_work():
        unsubscribe(subscription=subscription, request=REQUEST, now=NOW)
    with unit_of_work():
        result = confirm(subscription=subscription, round=1, request=REQUEST, now=NOW)
    assert result is ConfirmResult.OUTDATED
    assert reload(subscription).state is SubscriptionState.UNSUBSCRIBED


def test_a_repeated_confirmation_changes_nothing(make: Make) -> None:
    subscription = make.subscription(state=SubscriptionState.PENDING)
    for expected in (ConfirmResult.CONFIRMED, ConfirmResult.ALREADY_CONFIRMED):
        with unit_of_work():
            assert confirm(subscription=subscription, round=1, request=REQUEST, now=NOW) is expected
    steps = list(db.session.scalars(sa.select(ConsentEvent.step)))
    assert steps == [ConsentStep.CONFIRMED]


def test_a_changed_wording_is_a_new_row_and_the_old_evidence_keeps_the_old_words(
    make: Make,
) -> None:
    publication = make.publication(name="Old name")
    ask(publication, "one@example.org")
    with unit_of_work() as session:
        session.get_one(Publication, publication.id).name = "New name"
    ask(publication, "two@example.org")
    events = db.session.scalars(sa.select(ConsentEvent).order_by(ConsentEvent.id)).all()
    texts = [event.wording.text for event in events if event.wording]
    assert "Old name" in texts[0]
    assert "New name" in texts[1]
    assert db.session.scalars(sa.select(sa.func.count(ConsentWording.id))).one() == 2


@pytest.mark.parametrize(
    "address",
    ["", "   ", "reader", "a@x.org,b@y.org", "a@x.org\r\nBcc: b@y.org", "a\0@example.org",
     "<a@example.org>", "Reader <a@example.org>", "a@localhost", "a@" + "x" * 300 + ".org",
     "a%0a@exa mple.org", "a@[127.0.0.1]"],
)  # fmt: skip
def test_what_is_not_one_address_is_refused_in_words_and_leaves_nothing(
    make: Make, address: str
) -> None:
    publication = make.publication()
    with pytest.raises(UnusableAddress, match="email address"):
        ask(publication, address)
    assert db.session.scalars(sa.select(sa.func.count(Subscriber.id))).one() == 0


@pytest.mark.parametrize("address", ["ſam@example.org", "zoë@example.org", "straße@example.org"])
def test_letters_before_the_at_that_are_not_latin_are_refused_and_take_nobodys_place(
    make: Make, address: str
) -> None:
    publication = make.publication()
    with pytest.raises(UnusableAddress, match="plain Latin letters"):
        ask(publication, address)
    assert db.session.scalars(sa.select(sa.func.count(Subscriber.id))).one() == 0


def test_topics_that_are_not_offered_are_refused(make: Make) -> None:
    publication = make.publication()
    make.topic(publication=publication, name="Europe", offered=False)
    with pytest.raises(UnknownChoice):
        ask(publication, topics=["europe"])


def test_every_topic_chosen_is_the_same_as_none_chosen(make: Make) -> None:
    publication = make.publication()
    for name in ("Europe", "Asia"):
        make.topic(publication=publication, name=name)
    ask(publication, topics=["europe", "asia"])
    assert only_subscription().topics == frozenset()


def test_the_confirmation_link_names_subscription_and_round(make: Make) -> None:
    from newsletter.subscriptions.links import confirm_url

    subscription = make.subscription(state=SubscriptionState.PENDING, round=3)
    token = confirm_url(subscription=subscription, now=NOW).rpartition("/")[2]
    assert read_confirm(token, now=NOW) == (subscription.id, 3)
