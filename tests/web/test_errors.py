"""Error pages: in our style, as JSON where asked, without anything from inside."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from newsletter.subscriptions import links
from newsletter.web import addresses, signup_taking
from tests.factories import Make

INSIDE = "secret-of-the-inside"


def fail_with(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_values: object) -> None:
        raise error

    return fail


@pytest.fixture
def live(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of the application as in production: errors are answered, not raised."""
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return client


def test_an_unknown_address_gets_a_page_in_our_style(client: FlaskClient) -> None:
    page = client.get("/nothing/here")
    assert page.status_code == 404
    assert "There is no such page" in page.text
    assert "css/site.css" in page.text


def test_an_error_is_json_where_json_was_asked_for(client: FlaskClient) -> None:
    answer = client.get("/nothing", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]


def test_a_method_that_is_not_taken_says_which_are(client: FlaskClient) -> None:
    answer = client.delete("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "error",
    [OperationalError(INSIDE, None, Exception(INSIDE)), PoolTimeout(INSIDE)],
)
def test_a_database_that_is_away_is_503_and_says_when_to_try_again(
    live: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for module in (signup_taking, addresses):
        monkeypatch.setattr(module, "default_publication", fail_with(error))
    for answer in (live.get("/"), live.post("/subscribe", data={"email": "a@example.org"})):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert INSIDE not in answer.text


@pytest.mark.parametrize(
    "error", [RuntimeError(INSIDE), IntegrityError(INSIDE, None, Exception(INSIDE))]
)
def test_a_mistake_of_ours_is_500_and_shows_nothing_from_inside(
    live: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for module in (signup_taking, addresses):
        monkeypatch.setattr(module, "default_publication", fail_with(error))
    page = live.get("/")
    assert page.status_code == 500
    assert "Something went wrong here" in page.text
    assert INSIDE not in page.text
    assert "Traceback" not in page.text
    answer = live.post("/subscribe", json={"email": "a@example.org"})
    assert answer.status_code == 500
    assert answer.json is not None
    assert INSIDE not in answer.text


def test_a_failing_request_leaves_no_token_and_no_address_in_the_log(
    live: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = "reader@example.org"
    for error in (
        RuntimeError("broken"),
        IntegrityError("INSERT", {"email": stranger}, Exception()),
    ):
        monkeypatch.setattr(links, "read_unsubscribe", fail_with(error))
        assert live.post("/unsubscribe/a-very-private-token").status_code == 500
    assert caplog.text.count("request_failed") == 2
    assert "subscriptions.end_subscription" in caplog.text
    assert "private-token" not in caplog.text
    assert stranger not in caplog.text


def test_an_unreadable_parameter_is_named(client: FlaskClient, make: Make) -> None:
    make.publication()
    page = client.get("/archive/?page=0")
    assert page.status_code == 400
    assert "whole number" in page.text
