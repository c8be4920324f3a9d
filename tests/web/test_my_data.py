"""A reader's own data: behind a link to her mailbox, never behind one that a mail carries."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions import consent, short_links
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    AddressChange,
    ConsentStep,
    Letter,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.deliveries.conftest import publish as publish
from tests.factories import NOW, Make, reload
from tests.subscriptions.post import deliver_post
from tests.web.test_other_publications import others
from tests.web.test_preferences import path as preferences_path

OLD, NEW = "ann.reader@example.org", "ann.new@example.net"


@pytest.fixture
def reader(make: Make) -> Subscription:
    home = make.publication(name="Harbour News")
    make.subscription(
        publication=make.publication(name="Secret Letter"),
        subscriber=(found := make.subscriber(email=OLD, name="Ann Reader")),
    )
    row: Subscription = make.subscription(publication=home, subscriber=found)
    return row


def path(row: Subscription, age: timedelta = timedelta()) -> str:
    url = short_links.my_data_url(subscription=row, now=utc_now() - age)
    return url.removeprefix("http://localhost")


def test_the_link_of_a_footer_shows_nothing_that_is_hers_alone(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.get(preferences_path(reader)).text
    page = page.replace(others(page), "")  # which says the same to everybody
    assert "a…@e….org" in page
    for hers in (OLD, "ann.reader", "Ann Reader", "Secret Letter"):
        assert hers not in page


def test_a_footer_sends_a_fresh_link_to_her_address(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.post(preferences_path(reader), data={"act": "personal_link"})
    assert "A link is on its way" in page.text
    (letter,) = deliver_post(now=utc_now())
    assert letter.to == OLD
    own = client.get(letter.path).text
    for hers in (OLD, "Ann Reader", "Harbour News", "Secret Letter"):
        assert hers in own


def test_asking_again_and_again_is_answered_alike_and_sends_one_letter(
    client: FlaskClient, reader: Subscription
) -> None:
    asked = [
        client.post(preferences_path(reader), data={"act": "personal_link"}).data for _ in range(4)
    ]
    assert len(set(asked)) == 1
    assert len(deliver_post(now=utc_now())) == 1


def test_who_has_left_can_still_ask_for_her_data(client: FlaskClient, make: Make) -> None:
    row = make.subscription(state=SubscriptionState.UNSUBSCRIBED)
    client.post(preferences_path(row), data={"act": "personal_link"})
    (letter,) = deliver_post(now=utc_now())
    assert client.get(letter.path).status_code == 200


def test_the_link_works_for_an_hour(client: FlaskClient, reader: Subscription) -> None:
    assert client.get(path(reader, timedelta(minutes=59))).status_code == 200
    late = path(reader, timedelta(minutes=61))
    for answer in (
        client.get(late),
        client.get(f"{late}/download"),
        client.post(f"{late}/address", data={"email": NEW}),
        client.post(f"{late}/erase"),
    ):
        assert answer.status_code == 410
        assert OLD not in answer.text
    assert reload(reader).subscriber.email == OLD


def test_everything_we_keep_comes_as_json(
    client: FlaskClient, make: Make, publish: Publish
) -> None:
    home = make.publication(name="Harbour News")
    make.article(publication=home, title="The quay is dry")
    row = make.subscription(publication=home, email=OLD)
    with unit_of_work():
        consent.record(
            subscription=row,
            step=ConsentStep.SIGNED_UP,
            request=RequestEvidence(Source.PAGE, "https://a.example.org/", "192.0.2.7", "Browser"),
            now=NOW,
            wording=consent.current_wording(home, language="en", now=NOW),
        )
        make_letter = Letter(
            kind="confirmation", subscription_id=row.id, requested_at=NOW, next_attempt_at=NOW
        )
        db.session.add(make_letter)
        db.session.add(
            AddressChange(subscription_id=row.id, old_email=OLD, new_email=NEW, asked_at=NOW)
        )
        suppress(address=OLD, reason=SuppressionReason.MANUAL, now=NOW, note="she called")
    publish(home)
    answer = client.get(f"{path(row)}/download")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(answer.data)
    (subscription,) = data["subscriptions"]
    assert (data["address"], data["note_of_staff"]) == (OLD, "she called")
    (step,) = subscription["consent"]
    assert (step["network_address"], step["browser"]) == ("192.0.2.7", "Browser")
    assert "Harbour News" in step["wording"]
    assert [one["kind"] for one in subscription["letters"]] == ["confirmation"]
    assert [one["to"] for one in subscription["changes_of_address"]] == [NEW]


def test_a_wish_that_is_not_confirmed_is_no_legal_basis(client: FlaskClient, make: Make) -> None:
    reader = make.subscriber(email=OLD)
    row = make.subscription(subscriber=reader)
    make.subscription(subscriber=reader, state=SubscriptionState.PENDING)
    subscriptions = client.get(f"{path(row)}/download").get_json()["subscriptions"]
    bases = {one["state"]: one["legal_basis"] for one in subscriptions}
    assert bases == {"confirmed": "double_opt_in", "pending": None}


def test_what_was_mailed_to_her_is_among_it(
    client: FlaskClient, make: Make, publish: Publish
) -> None:
    home = make.publication()
    make.article(publication=home, title="The quay is dry")
    row = make.subscription(publication=home)
    digest = publish(home)
    (mailed,) = json.loads(client.get(f"{path(row)}/download").data)["digests"]
    assert (mailed["subject"], mailed["state"]) == (digest.subject, "queued")


def test_a_new_address_is_answered_the_same_whatever_is_known_of_it(
    client: FlaskClient, make: Make, reader: Subscription
) -> None:
    make.subscription(email="known@example.net")
    with unit_of_work():
        suppress(address="silent@example.net", reason=SuppressionReason.ERASED, now=NOW)
    answers = set()
    for name in ("known", "silent", "fresh"):
        email = f"{name}@example.net"
        answer = client.post(f"{path(reader)}/address", data={"email": email})
        answers.add((answer.status_code, answer.text.replace(email, "")))
    assert len(answers) == 1
    assert answers.pop()[0] == 200
    letters = {letter.to: letter.path.split("/")[1] for letter in deliver_post(now=utc_now())}
    assert letters == {"known@example.net": "preferences", "fresh@example.net": "new-address"}


def test_an_address_that_cannot_be_used_is_refused_at_its_field(
    client: FlaskClient, reader: Subscription
) -> None:
    answer = client.post(f"{path(reader)}/address", data={"email": "ann@@example"})
    assert answer.status_code == 400
    assert "<title>Error: Your data" in answer.text
    assert "<h1>Your data</h1>" in answer.text
    assert 'value="ann@@example"' in answer.text
    assert 'aria-describedby="email-error"' in answer.text


def test_a_move_kills_the_links_that_were_sent_before(
    client: FlaskClient, reader: Subscription
) -> None:
    """Whoever took over with a stolen link is out once the owner of the old address says so."""
    stolen = path(reader)
    client.post(f"{stolen}/address", data={"email": NEW})
    (ask,) = deliver_post(now=utc_now())
    assert client.post(ask.path).status_code == 200
    assert reload(reader).subscriber.email == NEW
    assert client.get(stolen).status_code == 404
    fresh = path(reader, -timedelta(seconds=2))
    assert client.get(fresh).status_code == 200
    (told,) = deliver_post(now=utc_now())
    assert told.to == OLD
    assert client.get(told.path).status_code == 200
    assert reload(reader).subscriber.email == NEW, "looking is not acting"
    assert "Your old address is back" in client.post(told.path).text
    assert reload(reader).subscriber.email == OLD


def test_erasing_asks_once_and_then_every_link_leads_nowhere(
    client: FlaskClient, reader: Subscription
) -> None:
    link = path(reader)
    page = client.get(f"{link}/erase")
    assert "Erase your data?" in page.text
    assert reload(reader).subscriber.email == OLD
    assert "Your data is erased" in client.post(f"{link}/erase").text
    suppression = suppression_of(address=OLD)
    assert suppression is not None
    assert suppression.reason is SuppressionReason.ERASED
    assert db.session.scalar(sa.select(sa.func.count(Subscription.id))) == 2
    for answer in (client.get(link), client.post(f"{link}/erase"), client.get(link + "/download")):
        assert answer.status_code == 404
    assert client.get(preferences_path(reader)).status_code == 404
