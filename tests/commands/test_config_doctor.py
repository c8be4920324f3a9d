"""The doctor finds what is wrong and says what to do."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
from flask import Flask

from newsletter import heartbeat
from newsletter.clock import utc_now
from newsletter.commands import doctor_checks, doctor_mail
from newsletter.commands.findings import Level
from newsletter.config import Settings
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.commands.conftest import Run
from tests.mail.smtp_servers import ScriptedServer


def settled(app: Flask, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the application run with other settings."""
    settings: Settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", settings.model_copy(update=changes))


def test_each_part_is_told_and_a_failure_is_an_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "last", lambda _queue: None)
    result = run("doctor", "--json")
    found = {one["part"]: one for one in json.loads(result.stdout)}
    assert {"database", "queue", "worker", "mail", "address", "clock"} <= found.keys()
    assert found["database"]["level"] == "ok"
    assert found["worker"]["level"] == "fail"
    assert "celery -A workers worker" in found["worker"]["advice"]
    assert result.exit_code == 1


def test_tables_of_another_version_are_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Older:
        def get_heads(self) -> list[str]:
            return ["9999"]

    monkeypatch.setattr(doctor_checks, "ScriptDirectory", lambda _folder: Older())
    finding = doctor_checks.database_finding()
    assert finding.level is Level.FAIL
    assert finding.advice == "Run flask db upgrade."


def test_a_silent_worker_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now = utc_now()
    for age, level in ((5, Level.OK), (600, Level.FAIL)):
        moment = now - timedelta(seconds=age)
        monkeypatch.setattr(heartbeat, "last", lambda _queue, moment=moment: moment)
        assert doctor_checks.worker_finding(now=now).level is level


def test_an_absent_queue_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis_client.Redis(host="127.0.0.1", port=1, socket_connect_timeout=1)
    monkeypatch.setitem(app.extensions, "redis", nobody)
    finding = doctor_checks.queue_finding()
    assert finding.level is Level.FAIL
    assert "REDIS_URL" in finding.advice


def test_a_relay_is_greeted_and_no_mail_is_begun() -> None:
    with ScriptedServer() as server:
        finding = doctor_mail.relay_finding(parse_smtp_urls(server.url)[0])
        verbs = [verb.upper() for verb in server.verbs()]
    assert finding.level is Level.OK
    assert "MAIL" not in verbs
    assert "QUIT" in verbs


def test_a_relay_that_is_away_is_found() -> None:
    finding = doctor_mail.relay_finding(parse_smtp_urls("smtp://127.0.0.1:1")[0])
    assert finding.level is Level.FAIL
    assert "SMTP_URL" in finding.advice


def test_an_outbox_folder_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert doctor_mail.outbox_finding(tmp_path / "new" / "outbox").level is Level.WARN
    assert doctor_mail.outbox_finding(tmp_path / "file").level is Level.FAIL


@pytest.mark.parametrize(
    ("base_url", "level"),
    [
        ("http://127.0.0.1:8000", Level.FAIL),
        ("https://news.local", Level.FAIL),
        ("http://news.example.org", Level.WARN),
        ("https://news.example.org", Level.OK),
    ],
)
def test_links_that_readers_cannot_open_are_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch, base_url: str, level: Level
) -> None:
    settled(app, monkeypatch, base_url=base_url, smtp_url="smtp://127.0.0.1")
    assert doctor_checks.address_finding().level is level


def test_a_clock_that_is_wrong_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = [("Redis", utc_now() - timedelta(minutes=2))]
    monkeypatch.setattr(doctor_checks, "_other_clocks", lambda: iter(clocks))
    finding = doctor_checks.clock_finding()
    assert finding.level is Level.FAIL
    assert "120 seconds" in finding.found


def test_a_folder_of_pictures_that_is_none_is_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settled(app, monkeypatch, pictures_dir=str(tmp_path / "not" / "there" / "yet"))
    assert doctor_checks.pictures_finding().level is Level.OK
    file = tmp_path / "file"
    file.write_text("in the way")
    settled(app, monkeypatch, pictures_dir=str(file / "pictures"))
    finding = doctor_checks.pictures_finding()
    assert (finding.level, "cannot be written" in finding.found) == (Level.WARN, True)
