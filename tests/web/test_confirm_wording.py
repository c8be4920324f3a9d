"""The words that a confirmation is evidence of stand on its page, in the language of the page."""

import html

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions.links import confirm_url
from newsletter.subscriptions.models import ConsentEvent, ConsentStep, SubscriptionState
from tests.factories import Make


@pytest.mark.parametrize(("asked", "kept"), [("", "en"), ("?lang=uk", "uk")])
def test_what_the_evidence_says_she_agreed_to_is_what_the_page_said(
    client: FlaskClient, make: Make, asked: str, kept: str
) -> None:
    paper = make.publication(languages="uk")
    row = make.subscription(publication=paper, state=SubscriptionState.PENDING, confirmed_at=None)
    path = confirm_url(subscription=row, now=utc_now()).removeprefix("http://localhost") + asked
    page = html.unescape(client.get(path).text)
    client.post(path)
    event = db.session.scalars(
        sa.select(ConsentEvent).where(ConsentEvent.step == ConsentStep.CONFIRMED)
    ).one()
    assert event.wording is not None
    assert event.wording.language == kept
    assert event.wording.text in page
