"""What the signup form refuses, and how it says so."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.extensions import db
from newsletter.subscriptions.models import (
    Subscriber,
)
from newsletter.web.forms import TRAP_FIELD
from tests.factories import Make
from tests.web.signup_doors import API, every_json_door, sentence


def count(model: type) -> int:
    return db.session.scalars(sa.select(sa.func.count()).select_from(model)).one()


def test_a_mistyped_address_stays_in_its_field_with_the_error(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    answer = client.post("/subscribe", data={"email": 'reader"@', "cadence": "monthly"})
    assert answer.status_code == 400
    assert 'value="reader&#34;@"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="monthly" checked' in answer.text
    assert count(Subscriber) == 0


@pytest.mark.parametrize(
    "email",
    [
        "",
        "reader",
        "a@example.org,b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a\x00@example.org",
        "a" * 10_000 + "@example.org",
    ],
)
def test_what_is_not_one_address_is_refused(client: FlaskClient, make: Make, email: str) -> None:
    make.publication()
    assert client.post("/subscribe", data={"email": email}).status_code == 400
    assert client.post("/subscribe", json={"email": email}).status_code == 400
    assert client.post(API, json={"email": email}).status_code == 400
    assert count(Subscriber) == 0


@pytest.mark.parametrize(
    "fields",
    [
        [("email", "a@example.org"), ("email", "b@example.org")],
        [("email", "a@example.org"), ("name", "A"), ("name", "B")],
        [("email", "a@example.org"), ("cadence", "hourly")],
        [("email", "a@example.org"), ("topics", "nothing")],
        [("email", "a@example.org"), ("publication", "nothing")],
    ],
)
def test_repeated_and_unknown_parameters_are_refused(
    client: FlaskClient, make: Make, fields: list[tuple[str, str]]
) -> None:
    make.publication()
    answer = client.post(
        "/subscribe", data=urlencode(fields), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400
    assert count(Subscriber) == 0


@every_json_door
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("not json", None),
        ("[]", None),
        ('"reader@example.org"', None),
        ("[" * 100_000, None),
        ('{"email": 7}', "email"),
        ('{"email": ["reader@example.org"]}', "email"),
        ('{"email": "a@example.org", "email": "b@example.org"}', "email"),
        ('{"email": "a@example.org", "topics": "nothing"}', "topics"),
        ('{"email": "a@example.org", "topics": [7]}', "topics"),
        ('{"email": "a@example.org", "name": "\\ud800"}', "name"),
        ('{"email": "a@example.org", "cadence": "hourly"}', "cadence"),
    ],
)
def test_unusable_json_is_refused_with_the_field_named(
    client: FlaskClient, make: Make, path: str, body: str, field: str | None
) -> None:
    make.publication()
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json.get("field") == field
    assert sentence(answer)
    assert count(Subscriber) == 0


@every_json_door
def test_other_media_types_are_refused(client: FlaskClient, make: Make, path: str) -> None:
    make.publication()
    answer = client.post(path, data="email=a@example.org", content_type="text/plain")
    assert answer.status_code == 415


def test_too_large_a_body_is_refused(client: FlaskClient, make: Make) -> None:
    make.publication()
    assert client.post("/subscribe", data={"email": "a" * 2_000_000}).status_code == 413


def test_too_many_parts_are_refused(client: FlaskClient, make: Make) -> None:
    make.publication()
    parts = {f"part{number}": "x" for number in range(1_000)}
    answer = client.post("/subscribe", data=parts, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_whoever_fills_the_field_nobody_sees_is_checked_and_not_stored(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    robot = client.post("/subscribe", data={"email": "robot@example.org", TRAP_FIELD: "x"})
    assert robot.status_code == 403
    assert "A quick check" in robot.text
    assert count(Subscriber) == 0
