"""The page behind the question: one press says yes, looking says nothing."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions import links
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.models import ConsentStep, Source, Subscription
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import forget
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make


@pytest.fixture
def asked(make: Make) -> Subscription:
    """A reader who was asked yesterday and told that it ends."""
    home = make.publication(name="The Harbour", counts_opens=True, ask_after_months=12)
    reader: Subscription = make.subscription(publication=home)
    make.sign(subscription=reader, asked_at=utc_now() - timedelta(days=1), ends_unanswered=True)
    return reader


def path(reader: Subscription) -> str:
    return links.keep_url(subscription=reader).removeprefix("http://localhost")


def test_looking_shows_the_button_and_answers_nothing(
    client: FlaskClient, asked: Subscription
) -> None:
    page = client.get(path(asked))
    assert page.status_code == 200
    assert "Yes, keep them coming" in page.text
    assert "Unsubscribe from The Harbour" in page.text
    assert history(subscription_id=asked.id) == []


def test_one_press_keeps_the_mails_coming(client: FlaskClient, asked: Subscription) -> None:
    page = client.post(path(asked))
    assert page.status_code == 200
    assert "The mails keep coming" in page.text
    (step,) = history(subscription_id=asked.id)
    assert (step.step, step.source) == (ConsentStep.STILL_WANTED, Source.MAIL_LINK)
    db.session.expire_all()
    sign = db.session.get_one(SignOfLife, asked.id)
    assert (sign.asked_at, sign.ends_unanswered) == (None, False)
    assert sign.last_sign_on == utc_now().date()
    assert "The mails keep coming" in client.get(path(asked)).text


def test_without_her_consent_any_more_there_is_nothing_to_answer(
    client: FlaskClient, asked: Subscription
) -> None:
    with unit_of_work():
        forget(subscription_ids=[asked.id])
    assert "The mails keep coming" in client.post(path(asked)).text
    assert history(subscription_id=asked.id) == []


def test_a_yes_brings_nobody_back_who_left(client: FlaskClient, asked: Subscription) -> None:
    before = path(asked)
    with unit_of_work():
        row = db.session.get_one(Subscription, asked.id)
        unsubscribe(subscription=row, request=RequestEvidence(Source.PAGE), now=utc_now())
    page = client.post(before)
    assert page.status_code == 410
    assert "sends nothing to this address any more" in page.text
