"""Retention: unconfirmed addresses go, evidence of consent stays."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.consent import forget_request_traces
from newsletter.subscriptions.models import (
    ConsentEvent,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.remind import send_confirmation_again
from newsletter.subscriptions.retention import delete_unconfirmed
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.asking import ask


def remaining() -> set[str]:
    return set(db.session.scalars(sa.select(Subscriber.email)))


def test_an_address_that_was_never_confirmed_is_deleted_after_seven_days(make: Make) -> None:
    publication = make.publication()
    ask(publication, "pending@example.org")
    make.subscription(publication=publication, email="confirmed@example.org")
    make.subscription(
        publication=publication,
        email="returning@example.org",
        state=SubscriptionState.PENDING,
        round=2,
    )
    for days, left in ((6, 3), (8, 2)):
        with unit_of_work():
            delete_unconfirmed(now=NOW + timedelta(days=days))
        assert len(remaining()) == left
    assert "pending@example.org" not in remaining()


def test_a_confirmation_that_staff_had_sent_again_works_as_long_as_it_says(make: Make) -> None:
    ask(make.publication(), "pending@example.org")
    again = NOW + timedelta(days=6)
    with unit_of_work() as session:
        send_confirmation_again(
            subscription=session.scalars(sa.select(Subscription)).one(), now=again
        )
    for days, left in ((12, 1), (14, 0)):
        with unit_of_work():
            delete_unconfirmed(now=NOW + timedelta(days=days))
        assert len(remaining()) == left


def test_who_left_and_was_signed_up_again_has_left_still_when_nobody_confirms(make: Make) -> None:
    signed_up = {"state": SubscriptionState.PENDING, "round": 2}
    row = make.subscription(**signed_up, unsubscribed_at=NOW - timedelta(days=1))
    make.subscription(**signed_up, email="never@example.org", confirmed_at=None)
    with unit_of_work():
        delete_unconfirmed(now=NOW + timedelta(days=6))
    assert reload(row).state is SubscriptionState.PENDING
    with unit_of_work():
        assert delete_unconfirmed(now=NOW + timedelta(days=8)) == 1
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED
    assert "never@example.org" not in remaining()


def test_network_and_browser_of_a_step_are_forgotten_the_step_is_not(make: Make) -> None:
    ask(make.publication())
    with unit_of_work():
        assert forget_request_traces(now=NOW + timedelta(days=31)) == 1
    event = db.session.scalars(sa.select(ConsentEvent)).one()
    assert (event.ip_address, event.user_agent) == ("", "")
    assert event.page == "http://localhost/"


def test_a_publication_says_for_how_many_days_they_are_kept(make: Make) -> None:
    for days in (0, 90):
        ask(make.publication(traces_days=days), f"reader{days}@example.org")
    with unit_of_work():
        assert forget_request_traces(now=NOW + timedelta(days=1)) == 1
    kept = db.session.scalars(sa.select(ConsentEvent.ip_address).order_by(ConsentEvent.id)).all()
    assert kept == ["", "203.0.113.9"]
