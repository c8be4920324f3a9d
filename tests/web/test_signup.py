"""The signup page and what it posts to: one answer for every address, strict about the rest."""

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.extensions import db, limiter
from newsletter.publications.models import Cadence
from newsletter.subscriptions.consent import consent_text
from newsletter.subscriptions.models import (
    ConsentEvent,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.web.signup_doors import TAKEN, every_json_door


def only_event() -> ConsentEvent:
    return db.session.scalars(sa.select(ConsentEvent)).one()


def test_the_front_page_shows_the_first_publication_and_its_consent(
    client: FlaskClient, make: Make
) -> None:
    first, _second = make.publication(name="First & Foremost"), make.publication()
    page = client.get("/")
    assert page.status_code == 200
    assert "First &amp; Foremost" in page.text
    assert consent_text(first).replace("&", "&amp;") in page.text
    assert page.text.count('type="email"') == 1


def test_the_front_page_without_a_publication_tells_the_operator_what_to_do(
    client: FlaskClient,
) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "flask publications create" in page.text


def test_the_front_page_shows_the_latest_digest_as_it_was_sent(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    article = make.article(publication=publication, title="A headline to remember")
    digest = make.digest(publication=publication, articles=[article])
    page = client.get("/").text
    assert "A headline to remember" in page
    assert f"/archive/{digest.slug}" in page


def test_another_publication_has_its_own_page(client: FlaskClient, make: Make) -> None:
    make.publication()
    second = make.publication(name="Second Paper")
    assert "Second Paper" in client.get(f"/p/{second.slug}").text
    assert client.get(f"/?publication={second.slug}").location == f"/p/{second.slug}"
    assert client.get("/p/nothing").status_code == 404


def test_a_signup_waits_for_confirmation_and_is_answered_on_the_spot(
    client: FlaskClient, make: Make
) -> None:
    make.publication(default_cadence=Cadence.WEEKLY)
    answer = client.post("/subscribe", data={"email": "reader@example.org"})
    assert answer.status_code == 200
    assert "Check your inbox" in answer.text
    subscription = db.session.scalars(sa.select(Subscription)).one()
    assert subscription.state is SubscriptionState.PENDING
    assert subscription.cadence is Cadence.WEEKLY


def test_choices_are_kept(client: FlaskClient, make: Make) -> None:
    make.publication()
    second = make.publication()
    europe = make.topic(publication=second, name="Europe")
    make.topic(publication=second, name="Asia")
    make.topic(publication=second, name="Africa")
    data = {
        "email": "reader@example.org",
        "publication": second.slug,
        "cadence": "monthly",
        "topics": ["europe"],
        "name": "Reader",
    }
    assert client.post("/subscribe", data=data).status_code == 200
    subscription = db.session.scalars(sa.select(Subscription)).one()
    assert subscription.publication_id == second.id
    assert subscription.cadence is Cadence.MONTHLY
    assert subscription.topics == {europe.id}
    assert subscription.subscriber.name == "Reader"


@pytest.mark.parametrize("headers", [{}, {"Accept": "application/json"}])
def test_every_address_gets_the_same_answer(
    client: FlaskClient, make: Make, headers: dict[str, str]
) -> None:
    publication = make.publication()
    for state in SubscriptionState:
        make.subscription(publication=publication, email=f"{state}@example.org", state=state)
    with unit_of_work():
        suppress(address="hushed@example.org", reason=SuppressionReason.COMPLAINT, now=NOW)
    people = ["new", *SubscriptionState, "hushed", "confirmed"]
    answers = [
        client.post("/subscribe", data={"email": f"{who}@example.org"}, headers=headers)
        for who in people
    ]
    assert len({(answer.status_code, answer.data) for answer in answers}) == 1
    assert answers[0].status_code == 200


@every_json_door
def test_every_address_gets_the_same_json(client: FlaskClient, make: Make, path: str) -> None:
    publication = make.publication()
    for state in SubscriptionState:
        make.subscription(publication=publication, email=f"{state}@example.org", state=state)
    with unit_of_work():
        suppress(address="hushed@example.org", reason=SuppressionReason.COMPLAINT, now=NOW)
    people = ["new", *SubscriptionState, "hushed"]
    known, *others = [client.post(path, json={"email": f"{who}@example.org"}) for who in people]
    assert {(one.status_code, one.data) for one in others} == {(known.status_code, known.data)}
    assert known.json is not None
    assert known.json["status"] == "check_inbox"
    assert known.json["message"]


def test_a_form_on_another_site_works_and_is_noted_as_such(client: FlaskClient, make: Make) -> None:
    make.publication()
    headers = {"Origin": "https://paper.example.org", "Referer": "https://paper.example.org/a?b=c"}
    client.post("/subscribe", data={"email": "reader@example.org"}, headers=headers)
    event = only_event()
    assert event.source is Source.FOREIGN_FORM
    assert event.page == "https://paper.example.org/a"


def test_a_form_on_our_page_is_noted_as_such(client: FlaskClient, make: Make) -> None:
    make.publication()
    headers = {"Origin": "http://localhost", "Referer": "http://localhost/"}
    client.post("/subscribe", data={"email": "reader@example.org"}, headers=headers)
    assert only_event().source is Source.PAGE


@every_json_door
def test_json_is_noted_as_such_and_fields_it_does_not_know_change_nothing(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication()
    body = {"email": "reader@example.org", "status": "confirmed", "state": "confirmed", "id": 7}
    assert client.post(path, json=body).status_code in TAKEN
    assert only_event().source is Source.JSON
    assert db.session.scalars(sa.select(Subscription.state)).one() is SubscriptionState.PENDING


def test_a_name_with_markup_is_inert_on_the_page_that_shows_it_again(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    answer = client.post("/subscribe", data={"email": "<script>alert(1)</script>{{7*7}}"})
    assert "<script>alert" not in answer.text
    assert "{{7*7}}" in answer.text


def test_a_network_may_sign_up_five_addresses_an_hour(client: FlaskClient, make: Make) -> None:
    make.publication()
    limiter.reset()
    send = lambda address, place: client.post(  # noqa: E731
        "/subscribe",
        data={"email": address},
        environ_base={"REMOTE_ADDR": place},
    )
    for number in range(3):
        assert send("mistyped", f"198.51.100.{number}").status_code == 400
    taken = [send(f"r{n}@example.org", f"198.51.100.{n}").status_code for n in range(6)]
    assert taken == [200] * 5 + [429]
    refused = send("more@example.org", "198.51.100.99")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert "Too many" in refused.text
    assert send("else@example.org", "203.0.113.5").status_code == 200


def test_a_forged_forwarding_header_wins_no_tries(client: FlaskClient, make: Make) -> None:
    make.publication()
    limiter.reset()
    statuses = [
        client.post(
            "/subscribe",
            data={"email": f"r{number}@example.org"},
            headers={"X-Forwarded-For": f"203.0.{number}.1"},
            environ_base={"REMOTE_ADDR": "198.51.100.7"},
        ).status_code
        for number in range(6)
    ]
    assert statuses[-1] == 429


def test_this_machine_itself_is_not_limited(client: FlaskClient, make: Make) -> None:
    make.publication()
    limiter.reset()
    for number in range(8):
        data = {"email": f"reader{number}@example.org"}
        assert client.post("/subscribe", data=data).status_code == 200


def test_the_box_for_other_sites_may_stand_in_a_frame_and_so_may_its_answer(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    box = client.get(f"/embed/{publication.slug}")
    answer = client.post("/subscribe", data={"email": "reader@example.org", "frame": "1"})
    wrong = client.post("/subscribe", data={"email": "reader", "frame": "1"})
    for page in (box, answer, wrong):
        assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
        assert 'class="framed"' in page.text
    assert "frame-ancestors 'none'" in client.get("/").headers["Content-Security-Policy"]


def test_opening_the_forms_address_leads_to_the_form(client: FlaskClient, make: Make) -> None:
    make.publication()
    assert client.get("/subscribe").location == "/"


def test_a_page_sets_no_cookie(client: FlaskClient, make: Make) -> None:
    make.publication()
    pages = [client.get("/"), client.post("/subscribe", data={"email": "reader@example.org"})]
    assert not any("Set-Cookie" in page.headers for page in pages)
