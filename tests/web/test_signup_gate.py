"""The signup gate: no door leads around it, a check counts once, and limits hold."""

import html
import json
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
from newsletter.config import Settings
from newsletter.extensions import db, limiter
from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.subscriptions import proof_of_work
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.subscriptions.gate_tokens import WAIT, write_stamp, write_ticket
from newsletter.subscriptions.models import Letter, Subscriber
from newsletter.subscriptions.spellings import spelling_hash
from newsletter.unit_of_work import unit_of_work
from newsletter.web import signup_limits
from newsletter.web.even_time import rest
from newsletter.web.forms import FORM_TYPES, TRAP_FIELD
from tests.factories import Make
from tests.subscriptions.solving import solved

Fields = dict[str, Any]
Door = Callable[[FlaskClient, Fields], TestResponse]

ANN = "ann@example.org"
FOREIGN = {"Origin": "https://paper.example.org", "Referer": "https://paper.example.org/a"}
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


DOORS: dict[str, Door] = {
    "page": by_page,
    "foreign form": by_foreign_form,
    "box": by_box,
    "multipart": by_multipart,
    "json": by_json,
}
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


def readers() -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(sa.func.count(Subscriber.id))).one()


def challenge_of(answer: TestResponse) -> dict[str, Any]:
    """Return the puzzle of a check, from its page or its JSON."""
    if answer.is_json:
        return cast("dict[str, Any]", answer.get_json()["challenge"])
    told = re.search(r'data-challenge="([^"]+)"', answer.text)
    assert told, answer.text
    return cast("dict[str, Any]", json.loads(html.unescape(told[1])))


def ticket_of(answer: TestResponse) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def aged_ticket(*, age: timedelta = WAIT, email: str = ANN, network: str = "127.0.0.0/24") -> str:
    spelling = spelling_hash(email)
    return write_ticket(spelling=spelling, network=network, now=utc_now() - age)


@every_door
def test_a_tripped_breaker_checks_every_door_and_a_proof_opens_it_once(
    client: FlaskClient, tripped: None, door: Door
) -> None:
    asked = door(client, {"email": ANN})
    assert asked.status_code == 403
    assert asked.headers["Cache-Control"] == "no-store"
    assert readers() == 0
    proof = solved(challenge_of(asked))
    assert door(client, {"email": ANN, "altcha": proof}).status_code == 200
    assert readers() == 1
    again = door(client, {"email": ANN, "altcha": proof})
    assert again.status_code == 403
    assert "used already" in again.text


REFUSED: dict[str, Callable[[str, str], Fields]] = {
    "none": lambda proof, mine: {},
    "empty": lambda proof, mine: {"altcha": ""},
    "unreadable": lambda proof, mine: {"altcha": "e30="},
    "for another address": lambda proof, mine: {"altcha": proof},
    "for another endpoint": lambda proof, mine: {
        "altcha": solved(
            proof_of_work.write_challenge(spelling=mine, now=utc_now(), purpose="contact").as_json()
        )
    },
    "expired": lambda proof, mine: {
        "altcha": solved(
            proof_of_work.write_challenge(
                spelling=mine, now=utc_now() - timedelta(minutes=21)
            ).as_json()
        )
    },
    "a stamp as ticket": lambda proof, mine: {"ticket": write_stamp(now=utc_now())},
    "a ticket as proof": lambda proof, mine: {"altcha": aged_ticket()},
    "a ticket for another address": lambda proof, mine: {
        "ticket": aged_ticket(email="bob@example.org")
    },
    "a ticket of another network": lambda proof, mine: {"ticket": aged_ticket(network=AT_HOME)},
    "a ticket too early": lambda proof, mine: {"ticket": aged_ticket(age=timedelta(seconds=3))},
    "a ticket too late": lambda proof, mine: {"ticket": aged_ticket(age=timedelta(hours=2))},
    "kept as it is": lambda proof, mine: {"keep": ANN},
}


@every_door
@pytest.mark.parametrize("how", REFUSED)
def test_no_door_takes_a_check_that_was_not_passed(
    client: FlaskClient, tripped: None, door: Door, how: str
) -> None:
    other = proof_of_work.write_challenge(
        spelling=spelling_hash("bob@example.org"), now=utc_now()
    ).as_json()
    fields = REFUSED[how](solved(other), spelling_hash(ANN))
    answer = door(client, {"email": ANN, **fields})
    assert answer.status_code == 403
    assert challenge_of(answer)["challenge"]
    assert readers() == 0


@every_door
def test_a_bad_proof_is_refused_even_where_none_is_asked_for(
    client: FlaskClient, paper: Publication, door: Door
) -> None:
    assert door(client, {"email": ANN, "altcha": "e30="}).status_code == 403
    assert readers() == 0


@every_door
def test_a_trap_asks_for_a_check_at_every_door(
    client: FlaskClient, paper: Publication, door: Door
) -> None:
    assert door(client, {"email": ANN, TRAP_FIELD: "x"}).status_code == 403
    assert readers() == 0


def test_a_check_keeps_what_was_typed(client: FlaskClient, make: Make, tripped: None) -> None:
    publication = make.publication()
    make.topic(publication=publication, name="Europe")
    make.topic(publication=publication, name="Asia")
    typed = {"publication": publication.slug, "cadence": "monthly", "topics": "europe"}
    page = client.post("/subscribe", data={"email": ANN, "name": "<b>Ann", **typed}).text
    for name, value in {**typed, "email": ANN, "name": "&lt;b&gt;Ann"}.items():
        assert f'name="{name}" value="{value}"' in page


def test_who_has_no_script_waits_and_her_ticket_counts_once(
    client: FlaskClient, tripped: None
) -> None:
    page = client.post("/subscribe", data={"email": ANN})
    early = client.post("/subscribe", data={"email": ANN, "ticket": ticket_of(page)})
    assert early.status_code == 403
    assert "a little too early" in early.text
    assert ticket_of(early) == ticket_of(page), "who pressed too early does not wait anew"
    ticket = aged_ticket()
    assert client.post("/subscribe", data={"email": ANN, "ticket": ticket}).status_code == 200
    again = client.post("/subscribe", data={"email": ANN, "ticket": ticket})
    assert again.status_code == 403
    assert readers() == 1


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


@pytest.mark.parametrize(
    ("places", "allowed"),
    [
        ([f"198.51.100.{number % 250}" for number in range(55)], 5),
        ([f"2001:db8:1:2::{number:x}" for number in range(55)], 5),
        ([f"::ffff:198.51.100.{number % 250}" for number in range(55)], 5),
    ],
)
def test_ten_thousand_addresses_from_one_network_are_limited(
    client: FlaskClient, paper: Publication, places: list[str], allowed: int
) -> None:
    answers = [
        client.post(
            "/subscribe",
            data={"email": f"reader{number}@example.org"},
            environ_base={"REMOTE_ADDR": place},
        )
        for number, place in enumerate(places)
    ]
    assert [one.status_code for one in answers].count(200) == allowed
    assert {one.status_code for one in answers[allowed:]} == {429}
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert "Please try again in 60 minutes" in answers[-1].text
    assert "desk@example.org" in answers[-1].text
    assert readers() == allowed


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
    for number in range(40):
        client.post(
            "/subscribe",
            data={"email": f"Ann+{number}@example.org"},
            environ_base={"REMOTE_ADDR": f"{20 + number}.1.1.1"},
        )
    assert db.session.scalars(sa.select(sa.func.count(Letter.id))).one() == 1


@every_door
def test_a_slip_is_asked_about_and_never_rewritten(
    client: FlaskClient, paper: Publication, door: Door
) -> None:
    answer = door(client, {"email": "ann@gmai.com"})
    assert answer.status_code == 422
    assert "Did you mean gmail.com?" in answer.text
    assert readers() == 0
    kept = door(client, {"email": "ann@gmai.com", "keep": "ann@gmai.com"})
    assert kept.status_code == 200
    assert db.session.scalars(sa.select(Subscriber.email)).one() == "ann@gmai.com"


def test_one_press_takes_the_suggestion_and_one_keeps_the_address(
    client: FlaskClient, paper: Publication
) -> None:
    page = client.post("/subscribe", data={"email": " ann@GMAI.com"}).text
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    sent = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    assert [fields["email"] for fields in sent] == ["ann@gmail.com", "ann@GMAI.com"]
    for fields in sent:
        assert client.post("/subscribe", data=fields).status_code == 200
    assert set(db.session.scalars(sa.select(Subscriber.email))) == {
        "ann@gmail.com",
        "ann@gmai.com",
    }


def test_json_is_told_what_was_probably_meant(client: FlaskClient, paper: Publication) -> None:
    answer = client.post("/subscribe", json={"email": "ann@gmai.com"}).get_json()
    assert answer["suggestion"] == "ann@gmail.com"
    assert (answer["field"], answer["may_keep"]) == ("email", True)


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [
        (DisposablePolicy.ALLOW, (200, 200)),
        (DisposablePolicy.WARN, (422, 200)),
        (DisposablePolicy.REFUSE, (422, 422)),
    ],
)
def test_disposable_addresses_go_by_the_publications_policy(
    client: FlaskClient, make: Make, policy: DisposablePolicy, statuses: tuple[int, int]
) -> None:
    make.publication(disposable_addresses=policy)
    email = "ann@mailinator.com"
    first = client.post("/subscribe", data={"email": email})
    kept = client.post("/subscribe", data={"email": email, "keep": email})
    assert (first.status_code, kept.status_code) == statuses


class Known:
    """Stands in for DNS."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def takes_mail(self, domain: str) -> bool | None:
        self.asked.append(domain)
        return self.answer


@pytest.mark.parametrize(("answer", "status"), [(True, 200), (None, 200), (False, 422)])
def test_a_domain_without_mail_is_refused_and_a_dead_name_server_stops_nobody(
    app: Flask,
    client: FlaskClient,
    paper: Publication,
    session_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    answer: bool | None,
    status: int,
) -> None:
    sending = session_settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    known = Known(answer)
    monkeypatch.setitem(app.extensions, "settings", sending)
    monkeypatch.setitem(app.extensions, "exchangers", known)
    email = "ann@bücher.example"
    got = client.post("/subscribe", data={"email": email, "keep": email})
    assert got.status_code == status
    assert known.asked == ["xn--bcher-kva.example"]
    assert ("takes no mail" in got.text) is (status == 422)


def test_every_address_is_asked_about_before_anybody_looks_whom_we_know(
    app: Flask, client: FlaskClient, make: Make, tripped: None
) -> None:
    make.subscription(email="known@example.org")
    for fields in ({}, {"altcha": "e30="}):
        known = client.post("/subscribe", json={"email": "known@example.org", **fields})
        new = client.post("/subscribe", json={"email": "other@example.org", **fields})
        assert known.status_code == new.status_code == 403
        assert known.get_json().keys() == new.get_json().keys()


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
    assert client.post("/subscribe", json={**twice, "email": ANN}).status_code == 400


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

    for mimetype in (*FORM_TYPES, "application/json"):
        answer = client.post(
            "/subscribe",
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
