"""The page of a confirmation link that is too old, and the way to another one."""

import re
from datetime import timedelta

from flask.testing import FlaskClient

from newsletter.subscriptions.models import Source, Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.web.test_subscriptions import confirm_path, events, pending


def test_an_expired_link_says_so_and_confirms_nothing(client: FlaskClient, make: Make) -> None:
    subscription = pending(make)
    link = confirm_path(subscription, age=timedelta(days=7, minutes=1))
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert "expired" in answer.text
        assert 'action="/subscribe"' in answer.text
    assert reload(subscription).state is SubscriptionState.PENDING


def test_an_expired_link_offers_a_new_one_to_the_same_publication(
    client: FlaskClient, make: Make
) -> None:
    make.publication(slug="first")
    subscription = make.subscription(
        publication=make.publication(slug="second"), state=SubscriptionState.PENDING
    )
    page = client.get(confirm_path(subscription, age=timedelta(days=8))).text
    assert 'name="publication" value="second"' in page
    assert f">{subscription.publication.name}<" in page, "whose page it is stands in its head"


def test_an_expired_link_whose_signup_is_deleted_leads_to_every_signup(
    client: FlaskClient, make: Make
) -> None:
    publications = [make.publication(slug=slug) for slug in ("first", "second")]
    gone = make.subscription(publication=publications[0], state=SubscriptionState.PENDING)
    link = confirm_path(gone, age=timedelta(days=8))
    with unit_of_work() as session:
        session.delete(session.get_one(Subscription, gone.id))
    page = client.get(link).text
    assert "<form" not in page
    assert 'href="/"' in page
    assert 'href="/p/second"' in page


def test_a_signup_from_the_page_of_an_expired_link_is_kept_as_one_of_ours(
    client: FlaskClient, make: Make
) -> None:
    subscription = make.subscription(
        email="ann@example.org", state=SubscriptionState.PENDING, confirmed_at=None
    )
    page = client.get(confirm_path(subscription, age=timedelta(days=8))).text
    (form,) = re.findall(r"<form.*?</form>", page, re.DOTALL)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    headers = {"Origin": "null"}  # as browsers send it, for the page tells nobody where it is
    client.post("/subscribe", data=fields | {"email": "ann@example.org"}, headers=headers)
    (event,) = events()
    assert (event.source, event.page) == (Source.PAGE, "http://localhost/")
