"""The doors of the signup gate, and what its pages hand out."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.clock import utc_now
from newsletter.extensions import db, limiter
from newsletter.publications.models import Publication
from newsletter.subscriptions import proof_of_work
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.subscriptions.gate_tokens import WAIT, write_ticket
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.spellings import spelling_hash
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make

Fields = dict[str, Any]
Door = Callable[[FlaskClient, Fields], TestResponse]
ANN = "ann@example.org"
FOREIGN = {"Origin": "https://paper.example.org", "Referer": "https://paper.example.org/a"}
API = "/api/v1/subscriptions"
#: What a door answers to a signup that it took: what is done, or by the API what is begun.
TAKEN = (200, 202)
AT_HOME = "198.51.100.0/24"


def by_page(client: FlaskClient, fields: Fields) -> TestResponse:
    page = client.get("/").text
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp
    return client.post("/subscribe", data={"stamp": stamp[1], **fields})


def by_foreign_form(client: FlaskClient, fields: Fields) -> TestResponse:
    return client.post("/subscribe", data=fields, headers=FOREIGN)


def by_box(client: FlaskClient, fields: Fields) -> TestResponse:
    return client.post("/subscribe", data={"frame": "1", **fields}, headers=FOREIGN)


def by_multipart(client: FlaskClient, fields: Fields) -> TestResponse:
    return client.post("/subscribe", data=fields, content_type="multipart/form-data")


def by_json(client: FlaskClient, fields: Fields) -> TestResponse:
    return client.post("/subscribe", json=fields)


def by_api(client: FlaskClient, fields: Fields) -> TestResponse:
    return client.post(API, json=fields)


DOORS: dict[str, Door] = {
    "page": by_page,
    "foreign form": by_foreign_form,
    "box": by_box,
    "multipart": by_multipart,
    "json": by_json,
    "api": by_api,
}
every_json_door = pytest.mark.parametrize("path", ["/subscribe", API])
every_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture(autouse=True)
def _fresh(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puzzles that cost a test nothing, and counts of nobody."""
    monkeypatch.setattr(proof_of_work, "MOST", 300)
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", contact_email="desk@example.org")


@pytest.fixture
def tripped(paper: Publication) -> None:
    """The breaker, tripped a moment ago."""
    with unit_of_work() as session:
        session.add(SignupBreaker(id=1, tripped_at=utc_now()))


def sentence(answer: TestResponse) -> str:
    """Return what JSON says is wrong; the API says it as a problem (RFC 9457)."""
    told = cast("dict[str, str]", answer.get_json())
    return told["detail"] if answer.mimetype == "application/problem+json" else told["error"]


def readers() -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(sa.func.count(Subscriber.id))).one()


def aged_ticket(*, age: timedelta = WAIT, email: str = ANN, network: str = "127.0.0.0/24") -> str:
    spelling = spelling_hash(email)
    return write_ticket(spelling=spelling, network=network, now=utc_now() - age)
