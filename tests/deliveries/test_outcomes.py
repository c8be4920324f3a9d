"""Outcomes: what the relay says of us is never held against a reader."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.erase import erase_reader
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.outcomes import FEWEST_ATTEMPTS, OUR_WAIT, record_outcome
from newsletter.deliveries.progress import progress
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.outgoing import Accepted, Deferred, InDoubt, Outcome, Refused
from newsletter.suppressions.models import SoftPoint, Suppression
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.factories import Make


@pytest.fixture
def delivery(make: Make, publish: Publish) -> Delivery:
    home = make.publication(from_email="paper@example.net")
    make.article(publication=home)
    make.subscription(publication=home, email="reader@example.org")
    digest = publish(home, now=utc_now())
    return db.session.scalars(sa.select(Delivery).where(Delivery.digest_id == digest.id)).one()


def answered(delivery: Delivery, outcome: Outcome, *, attempts: int) -> Delivery:
    with unit_of_work():
        record_outcome(outcome=outcome, attempts=attempts, now=utc_now())
    db.session.expire_all()
    return delivery


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (550, "5.7.1 Blocked"),
        (550, "5.7.26 Unauthenticated"),
        (550, "5.7.606 Banned"),
        (451, "4.7.28 Unusual rate"),
        (450, "4.7.1 Try again later"),
    ],
)
def test_what_is_said_of_us_uses_up_no_attempt(delivery: Delivery, code: int, words: str) -> None:
    number = str(delivery.id)
    for _ in range(3):
        answered(delivery, Deferred(number, code, words), attempts=delivery.attempts)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEFERRED, 0)
    assert delivery.reply == f"{code} {words}"
    assert delivery.next_attempt_at > utc_now() + OUR_WAIT - timedelta(minutes=1)
    assert db.session.scalars(sa.select(Suppression)).all() == []


def test_any_other_deferral_uses_one_up(delivery: Delivery) -> None:
    answered(delivery, Deferred(str(delivery.id), 451, "4.3.0 Later"), attempts=2)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEFERRED, 3)


def test_why_it_waits_is_shown_with_the_digest(delivery: Delivery) -> None:
    answered(delivery, Deferred(str(delivery.id), 550, "5.7.1 Blocked"), attempts=0)
    digest = db.session.get_one(Digest, delivery.digest_id)
    assert progress(digest, now=utc_now()).waiting_for == ("550 5.7.1 Blocked",)


def test_a_mail_in_doubt_time_and_again_does_not_go_out_each_minute(delivery: Delivery) -> None:
    waits = []
    for _ in range(6):
        answered(delivery, InDoubt(str(delivery.id), "It hung up."), attempts=delivery.attempts)
        assert delivery.next_attempt_at is not None
        waits.append(delivery.next_attempt_at - utc_now())
    assert waits[0] < timedelta(minutes=2), "the relay is back soon"
    assert waits[1] > timedelta(minutes=14)
    assert waits[-1] > timedelta(hours=3)
    assert delivery.doubts == 6


def test_a_digest_that_was_paused_for_days_is_given_up_for_nobody_at_the_first_try(
    delivery: Delivery,
) -> None:
    with unit_of_work() as session:
        digest = session.get_one(Digest, delivery.digest_id)
        digest.fanned_out_at = utc_now() - timedelta(days=5)
    greylisted = Deferred(str(delivery.id), 451, "4.2.0 greylisted")
    states = [
        answered(delivery, greylisted, attempts=delivery.attempts).state
        for _ in range(FEWEST_ATTEMPTS)
    ]
    assert states[:-1] == [DeliveryState.DEFERRED] * (FEWEST_ATTEMPTS - 1)
    assert states[-1] is DeliveryState.FAILED
    assert delivery.reply == "given up after 48 hours: 451 4.2.0 greylisted"


def points_of_the_reader() -> int:
    return db.session.scalars(sa.select(sa.func.count()).select_from(SoftPoint)).one()


@pytest.mark.parametrize(
    ("code", "text", "points"),
    [(451, "4.2.0 greylisted", 1), (451, "4.7.1 your address has a poor reputation", 0)],
)
def test_giving_up_counts_against_a_reader_only_what_was_said_of_her(
    delivery: Delivery, code: int, text: str, points: int
) -> None:
    with unit_of_work() as session:
        digest = session.get_one(Digest, delivery.digest_id)
        digest.fanned_out_at = utc_now() - timedelta(days=5)
        session.get_one(Delivery, delivery.id).state = DeliveryState.DEFERRED
    last = answered(delivery, Deferred(str(delivery.id), code, text), attempts=FEWEST_ATTEMPTS)
    assert last.state is DeliveryState.FAILED
    assert points_of_the_reader() == points


def test_what_is_said_of_us_to_one_reader_holds_no_digest_up_for_ever(delivery: Delivery) -> None:
    with unit_of_work() as session:
        digest = session.get_one(Digest, delivery.digest_id)
        digest.fanned_out_at = utc_now() - timedelta(days=5)
    answers = Deferred(str(delivery.id), 550, "5.7.1 Not you")
    states = [answered(delivery, answers, attempts=0).state for _ in range(2)]
    assert states == [DeliveryState.DEFERRED, DeliveryState.FAILED], "the relay may have been away"


def test_a_content_refused_without_a_word_about_the_reader_waits_and_uses_no_attempt_up(
    delivery: Delivery,
) -> None:
    refused = Deferred(str(delivery.id), 550, "Rejected", of_us=True)
    put_off = answered(delivery, refused, attempts=0)
    assert (put_off.state, put_off.attempts) == (DeliveryState.DEFERRED, 0)
    assert points_of_the_reader() == 0


def test_the_time_of_a_pause_gives_nobody_up(delivery: Delivery) -> None:
    with unit_of_work() as session:
        digest = session.get_one(Digest, delivery.digest_id)
        digest.fanned_out_at = utc_now() - timedelta(days=5)
        digest.resumed_at = utc_now() - timedelta(hours=1)
        session.get_one(Delivery, delivery.id).state = DeliveryState.DEFERRED
    ours = Deferred(str(delivery.id), 451, "4.7.28 slow down")
    assert answered(delivery, ours, attempts=0).state is DeliveryState.DEFERRED


@pytest.mark.parametrize(
    "outcome",
    [
        lambda number: Accepted(number, "250 2.1.5 <reader@example.org> is welcome"),
        lambda number: Refused(number, 550, "5.1.1 <reader@example.org> unknown"),
        lambda number: Deferred(number, 450, "4.2.0 <reader@example.org> greylisted"),
        lambda number: InDoubt(number, "It hung up on reader@example.org"),
    ],
)
def test_nothing_of_a_reader_comes_back_who_is_erased_while_her_mail_is_under_way(
    delivery: Delivery, outcome: Callable[[str], Outcome]
) -> None:
    with unit_of_work():
        erase_reader(email="reader@example.org", now=utc_now())
    answered(delivery, outcome(str(delivery.id)), attempts=0)
    assert delivery.reply
    assert "reader" not in delivery.reply
