"""The API: public words only, problems in one clear sentence, and readable by any page."""

import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import consent_text
from newsletter.subscriptions.models import ConsentEvent, Subscription
from tests.factories import Make
from tests.subscriptions.solving import solved
from tests.web.signup_doors import ANN, API, readers
from tests.web.signup_doors import _fresh as _fresh
from tests.web.signup_doors import paper as paper
from tests.web.signup_doors import tripped as tripped

PROBLEM = "application/problem+json"
EVIL = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}


def test_publications_are_told_as_their_signup_pages_show_them(
    client: FlaskClient, make: Make
) -> None:
    home = make.publication(name="The Harbour", slug="harbour", languages="uk")
    make.topic(publication=home, name="Europe")
    make.topic(publication=home, name="Rumours", offered=False)
    make.publication()
    answer = client.get("/api/v1/publications")
    first, _second = answer.get_json()["publications"]
    assert first == {
        "slug": "harbour",
        "name": "The Harbour",
        "tagline": home.tagline,
        "page": "http://localhost/p/harbour",
        "language": "en",
        "languages": ["en", "uk"],
        "cadences": ["instant", "daily", "weekly", "monthly"],
        "default_cadence": home.default_cadence.value,
        "topics": [{"slug": "europe", "name": "Europe"}],
        "consent": {tag: consent_text(home, language=tag) for tag in ("en", "uk")},
    }
    again = client.get("/api/v1/publications", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_service_without_publications_has_an_empty_list(client: FlaskClient) -> None:
    assert client.get("/api/v1/publications").get_json() == {"publications": []}
    assert client.post(API, json={"email": ANN}).status_code == 400


def test_a_signup_is_noted_with_its_choices_and_the_words_of_its_language(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    home = make.publication(languages="uk")
    asia, _europe = (make.topic(publication=home, name=name) for name in ("Asia", "Europe"))
    fields = {"publication": home.slug, "cadence": "weekly", "topics": ["asia"], "lang": "uk"}
    answer = client.post(API, json={"email": ANN, "name": "Ann", **fields})
    assert answer.status_code == 202
    assert answer.get_json()["message"].startswith("Перевірте")
    row = db.session.scalars(sa.select(Subscription)).one()
    assert (row.publication_id, row.cadence, row.topics) == (home.id, "weekly", {asia.id})
    assert (row.state, row.language, row.subscriber.name) == ("pending", "uk", "Ann")
    event = db.session.scalars(sa.select(ConsentEvent)).one()
    assert event.wording is not None
    assert event.wording.text == consent_text(home, language="uk")


def test_a_check_says_how_it_is_answered_and_where_the_reader_can_do_it(
    client: FlaskClient, paper: Publication, tripped: None
) -> None:
    asked = client.post(API, json={"email": ANN}, headers=EVIL)
    told = asked.get_json()
    assert (asked.status_code, asked.mimetype, told["status"]) == (403, PROBLEM, 403)
    assert told["detail"] == "Signups are checked just now."
    assert "altcha" in told["how"]
    assert told["page"] == f"http://localhost/p/{paper.slug}", "whatever host the request claims"
    assert (
        client.post(API, json={"email": ANN, "altcha": solved(told["challenge"])}).status_code
        == 202
    )
    assert readers() == 1


def test_a_proof_that_let_one_door_be_passed_opens_no_other(
    client: FlaskClient, tripped: None
) -> None:
    for first, second in ((API, "/subscribe"), ("/subscribe", API)):
        email = f"ann{len(first)}@example.org"
        proof = solved(client.post(first, json={"email": email}).get_json()["challenge"])
        assert client.post(first, json={"email": email, "altcha": proof}).status_code < 300
        assert client.post(second, json={"email": email, "altcha": proof}).status_code == 403


def test_what_does_not_exist_is_a_problem_too(client: FlaskClient) -> None:
    nothing = client.get("/api/v1/nothing")
    assert (nothing.status_code, nothing.mimetype) == (404, PROBLEM)
    assert nothing.get_json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such page.",
    }
    wrong = client.get(API)
    assert (wrong.status_code, wrong.mimetype) == (405, PROBLEM)
    assert "POST" in wrong.headers["Allow"]


def test_a_form_is_told_to_be_json(client: FlaskClient, paper: Publication) -> None:
    for answer in (client.post(API, data={"email": ANN}), client.post(API)):
        assert answer.status_code == 415
        assert answer.get_json()["detail"].startswith("Send JSON")
    assert readers() == 0


def test_any_page_may_read_the_answers_and_no_cookie_is_asked_for(
    client: FlaskClient, paper: Publication
) -> None:
    away = {"Origin": "https://paper.example.org"}
    answers = [
        client.post(API, json={"email": ANN}, headers=away),
        client.post(API, json={"email": "nobody"}, headers=away),
        client.get("/api/v1/publications", headers=away),
        client.get("/api/v1/openapi.json", headers=away),
        client.options(API, headers={**away, "Access-Control-Request-Method": "POST"}),
    ]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert answers[-1].headers["Access-Control-Allow-Methods"] == "POST"
    assert answers[-1].headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_a_forged_host_stands_nowhere_in_the_answers(client: FlaskClient, make: Make) -> None:
    make.publication()
    for path in ("/api/v1/publications", "/api/v1/openapi.json"):
        assert "evil" not in client.get(path, headers=EVIL).text
