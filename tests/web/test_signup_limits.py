"""Limits of the signup gate: networks, regions, rushes, waits and sizes hold."""

from collections import Counter
from collections.abc import Iterable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Letter
from newsletter.web import signup_limits
from newsletter.web.even_time import rest
from newsletter.web.forms import FORM_TYPES, JSON_TYPE
from tests.web.signup_doors import ANN, API, AT_HOME, aged_ticket, readers
from tests.web.signup_doors import _fresh as _fresh
from tests.web.signup_doors import paper as paper
from tests.web.signup_doors import tripped as tripped


def test_waiting_is_no_way_for_programs_with_many_networks(
    client: FlaskClient, tripped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup_limits, "WAITS", 4)
    answers = []
    for number in range(6):
        email, network = f"reader{number}@example.org", f"198.51.{number}.0/24"
        answers.append(
            client.post(
                "/subscribe",
                data={"email": email, "ticket": aged_ticket(email=email, network=network)},
                environ_base={"REMOTE_ADDR": f"198.51.{number}.7"},
            )
        )
    assert [one.status_code for one in answers] == [200] * 4 + [429] * 2
    assert "With JavaScript" in answers[-1].text


def test_a_network_waits_twice_an_hour_at_most(client: FlaskClient, tripped: None) -> None:
    def wait_in(number: int) -> int:
        email = f"reader{number}@example.org"
        return client.post(
            "/subscribe",
            data={"email": email, "ticket": aged_ticket(email=email, network=AT_HOME)},
            environ_base={"REMOTE_ADDR": "198.51.100.7"},
        ).status_code

    assert [wait_in(number) for number in range(3)] == [200, 200, 429]


def signups_from(client: FlaskClient, places: Iterable[str]) -> list[TestResponse]:
    """Post one signup from each place, each of another address."""
    return [
        client.post(
            "/subscribe",
            data={"email": f"reader{number}@example.org"},
            environ_base={"REMOTE_ADDR": place},
        )
        for number, place in enumerate(places)
    ]


@pytest.mark.parametrize("place", ["198.51.100.{}", "2001:db8:1:2::{}", "::ffff:198.51.100.{}"])
def test_a_network_has_its_share_whichever_of_its_places_asks(
    client: FlaskClient, paper: Publication, place: str
) -> None:
    answers = signups_from(client, (place.format(number) for number in range(55)))
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 50
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert "only a few signups an hour" in answers[-1].text
    assert "Please try again in 60 minutes" in answers[-1].text
    assert "desk@example.org" in answers[-1].text
    assert readers() == 5


def test_ten_thousand_addresses_from_one_network_are_limited(
    client: FlaskClient, paper: Publication
) -> None:
    places = (f"198.51.100.{number % 250}" for number in range(10_000))
    statuses = Counter(one.status_code for one in signups_from(client, places))
    assert statuses == {200: 5, 429: 9_995}
    assert readers() == 5


def test_tries_that_come_to_nothing_are_limited_too(
    client: FlaskClient, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup_limits, "TRIES_PER_NETWORK", 8)
    statuses = [
        client.post(
            "/subscribe",
            json={"email": f"reader{number}@gmai.com"},
            environ_base={"REMOTE_ADDR": "198.51.100.7"},
        ).status_code
        for number in range(10)
    ]
    assert statuses == [422] * 8 + [429] * 2


def test_many_networks_of_one_region_are_checked(
    client: FlaskClient, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsletter.subscriptions import suspicion

    monkeypatch.setattr(suspicion, "BUSY_REGION", 4)
    statuses = [
        client.post(
            "/subscribe",
            data={"email": f"reader{number}@example.org"},
            environ_base={"REMOTE_ADDR": f"2001:db8:1:{number:x}::1"},
        ).status_code
        for number in range(6)
    ]
    assert statuses == [200] * 4 + [403] * 2


def test_a_rush_is_checked(
    client: FlaskClient, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsletter.subscriptions import suspicion

    monkeypatch.setattr(suspicion, "RUSH", 4)
    statuses = [
        client.post(
            "/subscribe",
            data={"email": f"reader{number}@example.org"},
            environ_base={"REMOTE_ADDR": f"{20 + number}.1.1.1"},
        ).status_code
        for number in range(5)
    ]
    assert statuses == [200] * 3 + [403] * 2


def test_a_thousand_networks_and_one_address_make_one_letter(
    client: FlaskClient, paper: Publication
) -> None:
    for number in range(1_000):
        client.post(
            "/subscribe",
            data={"email": f"Ann+{number}@example.org"},
            environ_base={"REMOTE_ADDR": f"{20 + number // 250}.{number % 250}.1.1"},
        )
    assert db.session.scalars(sa.select(sa.func.count(Letter.id))).one() == 1


def test_one_network_has_one_share_whichever_doors_it_tries(
    client: FlaskClient, paper: Publication
) -> None:
    def by(path: str, number: int) -> int:
        place = {"REMOTE_ADDR": f"198.51.100.{number}"}
        fields = {"email": f"reader{number}@example.org"}
        return client.post(path, json=fields, environ_base=place).status_code

    statuses = [by(API if number % 2 else "/subscribe", number) for number in range(8)]
    assert [status for status in statuses if status < 300] == [200, 202, 200, 202, 200]
    assert statuses[5:] == [429] * 3
    assert readers() == 5


@pytest.mark.parametrize(
    "fields",
    [
        [("email", ANN), ("altcha", "a"), ("altcha", "b")],
        [("email", ANN), ("ticket", "a"), ("ticket", "b")],
        [("email", ANN), ("keep", "a"), ("keep", "b")],
        [("email", ANN), ("stamp", "a"), ("stamp", "b")],
    ],
)
def test_fields_of_the_gate_come_once(
    client: FlaskClient, paper: Publication, fields: list[tuple[str, str]]
) -> None:
    from urllib.parse import urlencode

    answer = client.post(
        "/subscribe", data=urlencode(fields), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400
    twice = {name: [value for each, value in fields if each == name] for name, _ in fields}
    for path in ("/subscribe", API):
        assert client.post(path, json={**twice, "email": ANN}).status_code == 400


def test_too_large_a_body_is_refused_before_it_is_read(
    client: FlaskClient, paper: Publication
) -> None:
    class Endless:
        """A body of 50 MB that nobody should read to its end."""

        def __init__(self) -> None:
            self.taken = 0

        def read(self, size: int = -1) -> bytes:
            self.taken += max(size, 0)
            assert self.taken <= 2_000_000
            return b"a" * max(size, 0)

        def close(self) -> None:
            """Nothing to close."""

    doors = [*(("/subscribe", one) for one in (*FORM_TYPES, JSON_TYPE)), (API, JSON_TYPE)]
    for path, mimetype in doors:
        answer = client.post(
            path,
            content_type=mimetype,
            environ_overrides={"wsgi.input": Endless(), "CONTENT_LENGTH": "50000000"},
        )
        assert answer.status_code == 413, mimetype


def test_ten_thousand_parts_are_refused(client: FlaskClient, paper: Publication) -> None:
    for content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        parts = {f"part{number}": "x" for number in range(10_000)}
        answer = client.post("/subscribe", data=parts, content_type=content_type)
        assert answer.status_code in (400, 413), content_type
    assert readers() == 0


@pytest.mark.parametrize(
    ("taken", "left"), [(0.0, 0.0), (0.01, 0.02), (0.03, 0.0), (0.031, 0.029), (0.1, 0.02)]
)
def test_a_signup_takes_whole_steps_of_time(taken: float, left: float) -> None:
    assert rest(taken, step=0.03) == pytest.approx(left, abs=1e-9) or left == 0.0
    assert rest(taken, step=0) == 0.0
