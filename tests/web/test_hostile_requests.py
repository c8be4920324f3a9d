"""Requests that no browser sends: answered at once, by the right status, and on our own host."""

import time

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.extensions import db
from newsletter.subscriptions.models import ConsentEvent, Source, Subscriber
from tests.factories import Make
from tests.web.signup_doors import every_json_door

#: More than anybody writes, in a body that is within its limit.
MANY = 60_000


@every_json_door
def test_a_hundred_thousand_names_cost_no_more_than_reading_them(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication()
    body = "{" + ",".join(f'"{number:x}":1' for number in range(MANY)) + "}"
    begun = time.perf_counter()
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert time.perf_counter() - begun < 5


@every_json_door
def test_a_repeated_name_is_refused_among_very_many_too(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication()
    others = ",".join(f'"other{number}":1' for number in range(200))
    body = f'{{{others},"email":"a@example.org","email":"b@example.org"}}'
    answer = client.post(path, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["field"]) == (400, "email")  # type: ignore[index]
    assert db.session.scalars(sa.select(Subscriber)).all() == []


@pytest.mark.parametrize("header", ["Referer", "Origin"])
@pytest.mark.parametrize("claimed", ["http://[x", "http://a]b/", "//", "null"])
def test_a_header_that_is_no_address_is_no_mistake_of_ours(
    client: FlaskClient, make: Make, header: str, claimed: str
) -> None:
    make.publication()
    answer = client.post("/subscribe", data={"email": "a@example.org"}, headers={header: claimed})
    assert answer.status_code == 200
    event = db.session.scalars(sa.select(ConsentEvent)).one()
    assert (event.source, event.page) == (Source.FOREIGN_FORM, "")


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/archive", "/archive/"),
        ("/admin", "/admin/"),
        ("/archive?publication=paper", "/archive/?publication=paper"),
        ("//evil.example/archive", "/archive/"),
        ("/p/%2F%2Fevil.example", "/p/evil.example"),
    ],
)
def test_a_missing_slash_leads_to_no_host_that_the_request_names(
    client: FlaskClient, make: Make, path: str, there: str
) -> None:
    make.publication(slug="paper")
    answer = client.get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, there)
    assert "evil.example" not in answer.text.replace("/p/evil.example", "")
    assert "Content-Security-Policy" in answer.headers
