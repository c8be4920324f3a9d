"""flask relays …"""

import json

import pytest
from flask import Flask

from newsletter.clock import utc_now
from newsletter.extensions import db, redis
from newsletter.mail.relay_stops import all_stops, record_stop
from newsletter.mail.shared_gate import SharedGate
from newsletter.mail.smtp_url import parse_smtp_urls
from newsletter.staff.audit import latest_events
from tests.commands.conftest import Run
from tests.mail.relays import BUSY, THROTTLED, Clock

URL = (
    "smtp://news:s3cret@mail.example.org?connections=10,smtp://backup.example.org,"
    "smtp://third.example.org?connections=8"
)


@pytest.fixture(autouse=True)
def _relays(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["settings"].model_copy(update={"smtp_url": URL})
    monkeypatch.setitem(app.extensions, "settings", settings)


def heard(number: int, reply: object) -> None:
    client = redis._get_current_object()
    worker = SharedGate(parse_smtp_urls(URL)[number], redis=client, engine=db.engine, clock=Clock())
    worker.connections(10)
    worker.heard(reply)


def stop(relay: str) -> None:
    record_stop(db.engine, relay=relay, answer="550 5.7.1 Not accepted", now=utc_now())
    db.session.rollback()


def test_list_says_how_each_relay_stands(run: Run) -> None:
    stop("mail.example.org:587")
    heard(1, THROTTLED)
    heard(2, BUSY)
    lines = run("relays", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["mail.example.org:587", "stopped"],
        ["backup.example.org:587", "silent"],
        ["third.example.org:587", "slowed"],
    ]
    assert "550 5.7.1 Not accepted" in lines[1]
    assert "until" in lines[2]
    assert "to 5" in lines[3]
    assert "s3cret" not in "".join(lines)


def test_list_prints_json_for_scripts(run: Run) -> None:
    heard(1, THROTTLED)
    found = json.loads(run("relays", "list", "--json").stdout)
    assert [one["state"] for one in found] == ["well", "silent", "well"]
    assert found[1]["until"] > utc_now().isoformat()


def test_list_without_a_relay_says_where_mail_goes(
    run: Run, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["settings"].model_copy(update={"smtp_url": ""})
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert "outbox folder" in run("relays", "list").stdout


@pytest.mark.parametrize("name", ["mail.example.org", "mail.example.org:587"])
def test_release_lets_a_stopped_relay_begin_again(run: Run, name: str) -> None:
    stop("mail.example.org:587")
    result = run("relays", "release", name)
    assert result.stdout == "Released mail.example.org:587. It begins with one connection.\n"
    db.session.rollback()
    assert not all_stops()
    assert (latest_events()[0].action, latest_events()[0].staff) == ("relay_released", None)
    assert "slowed to 1" in run("relays", "list").stdout


def test_release_refuses_in_one_sentence(run: Run) -> None:
    result = run("relays", "release", "mail.example.org")
    assert result.exit_code == 1
    assert result.stderr == "Error: The relay mail.example.org is not stopped.\n"


def test_release_asks_which_of_two_is_meant(run: Run) -> None:
    stop("mail.example.org:587")
    stop("mail.example.org:25")
    result = run("relays", "release", "mail.example.org")
    assert "Name one with port." in result.stderr
    assert len(all_stops()) == 2
