"""The description of the API is sound, whole, and true of what is answered."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.web.forms import TRAP_FIELD
from tests.factories import Make
from tests.web.signup_doors import API
from tests.web.signup_doors import _fresh as _fresh
from tests.web.signup_doors import paper as paper

DESCRIPTION = "/api/v1/openapi.json"


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    told: dict[str, Any] = client.get(DESCRIPTION).get_json()
    return told


def assert_as_described(document: dict[str, Any], path: str, answer: TestResponse) -> None:
    """Check status, media type, headers and body against what the description says."""
    (operation,) = document["paths"][path].values()
    told = operation["responses"][str(answer.status_code)]
    schema = told["content"][answer.mimetype]["schema"]
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(answer.get_json())
    assert all(name in answer.headers for name in told.get("headers", {}))


def test_the_description_is_sound_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described_and_every_described_route_exists(
    app: Flask, document: dict[str, Any]
) -> None:
    described = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_the_description_is_true_of_itself_and_of_the_publications(
    client: FlaskClient, document: dict[str, Any], make: Make
) -> None:
    make.topic(publication=make.publication(languages="uk"), name="Europe")
    for path in (DESCRIPTION, "/api/v1/publications"):
        assert_as_described(document, path, client.get(path))


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (202, {}),
        (202, {"name": "Ann", "cadence": "weekly", "topics": ["europe"], "lang": "uk"}),
        (400, {"email": "nobody"}),
        (400, {"cadence": "hourly"}),
        (400, {"publication": "nothing"}),
        (400, {"topics": ["nothing"]}),
        (403, {TRAP_FIELD: "x"}),
        (403, {"altcha": "e30="}),
        (413, {"name": "x" * 2_000_000}),
        (422, {"email": "ann@gmai.com"}),
        (422, {"email": "ann@mailinator.com"}),
    ],
)
def test_the_description_is_true_of_every_answer_to_a_signup(
    client: FlaskClient,
    document: dict[str, Any],
    make: Make,
    status: int,
    fields: dict[str, Any],
) -> None:
    home = make.publication(disposable_addresses=DisposablePolicy.REFUSE, languages="uk")
    make.topic(publication=home, name="Europe")
    make.topic(publication=home, name="Asia")
    answer = client.post(API, json={"email": "ann@example.org", **fields})
    assert answer.status_code == status
    assert_as_described(document, API, answer)


def test_the_description_is_true_of_another_media_type_and_of_too_many(
    client: FlaskClient, document: dict[str, Any], paper: Publication
) -> None:
    assert_as_described(document, API, client.post(API, data={"email": "ann@example.org"}))
    place = {"REMOTE_ADDR": "198.51.100.7"}
    for number in range(6):
        answer = client.post(API, json={"email": f"a{number}@example.org"}, environ_base=place)
    assert answer.status_code == 429
    assert_as_described(document, API, answer)


def test_a_signup_as_described_may_have_members_that_are_not(document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Signup", "components": document["components"]}
    Draft202012Validator(schema).validate({"email": "ann@example.org", "utm_source": "paper"})
