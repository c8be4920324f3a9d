"""Outcomes: what the relay says of us is never held against a reader."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.outcomes import OUR_WAIT, record_outcome
from newsletter.deliveries.progress import progress
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.outgoing import Deferred
from newsletter.suppressions.models import Suppression
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


def answered(delivery: Delivery, outcome: Deferred, *, attempts: int) -> Delivery:
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
