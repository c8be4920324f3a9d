"""The signup gate: no door leads around a check, and a check counts once."""

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.clock import utc_now
from newsletter.publications.models import Publication
from newsletter.subscriptions import proof_of_work
from newsletter.subscriptions.gate_tokens import write_stamp
from newsletter.subscriptions.spellings import spelling_hash
from newsletter.web.forms import TRAP_FIELD
from tests.factories import Make
from tests.subscriptions.solving import solved
from tests.web.signup_doors import (
    ANN,
    AT_HOME,
    TAKEN,
    Door,
    Fields,
    aged_ticket,
    every_door,
    every_json_door,
    readers,
)
from tests.web.signup_doors import _fresh as _fresh
from tests.web.signup_doors import paper as paper
from tests.web.signup_doors import tripped as tripped


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


@every_door
def test_a_tripped_breaker_checks_every_door_and_a_proof_opens_it_once(
    client: FlaskClient, tripped: None, door: Door
) -> None:
    asked = door(client, {"email": ANN})
    assert asked.status_code == 403
    assert asked.headers["Cache-Control"] == "no-store"
    assert readers() == 0
    proof = solved(challenge_of(asked))
    assert door(client, {"email": ANN, "altcha": proof}).status_code in TAKEN
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


@every_json_door
def test_every_address_is_asked_about_before_anybody_looks_whom_we_know(
    app: Flask, client: FlaskClient, make: Make, tripped: None, path: str
) -> None:
    make.subscription(email="known@example.org")
    for fields in ({}, {"altcha": "e30="}):
        known = client.post(path, json={"email": "known@example.org", **fields})
        new = client.post(path, json={"email": "other@example.org", **fields})
        assert known.status_code == new.status_code == 403
        assert known.get_json().keys() == new.get_json().keys()
