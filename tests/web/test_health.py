"""Health says which part is missing."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from newsletter import create_app, heartbeat
from newsletter.clock import utc_now
from newsletter.extensions import db, redis


def test_a_living_process_says_so_even_when_all_else_is_away(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "redis", Redis(port=1))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_service_is_ready_when_database_queue_and_worker_are_there(client: FlaskClient) -> None:
    heartbeat.give(redis, now=utc_now())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "redis": "ok", "worker": "ok"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_worker_that_fell_silent_is_named(client: FlaskClient) -> None:
    heartbeat.give(redis, now=utc_now() - timedelta(seconds=heartbeat.SILENT_SECONDS + 5))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["worker"] == "silent"


def test_a_worker_that_never_came_is_named(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["worker"] == "never seen"


def test_a_queue_that_is_away_is_named(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["settings"].model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    away = create_app(settings, pages=False).extensions["redis"]
    monkeypatch.setitem(app.extensions, "redis", away)
    begun = time.monotonic()
    answer = client.get("/readyz")
    assert time.monotonic() - begun < 5
    assert answer.status_code == 503
    assert (answer.json["redis"], answer.json["worker"]) == ("away", "unknown")
    assert answer.json["database"] == "ok"


def test_a_database_that_is_away_is_named(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"] == "away"


def test_a_sign_of_life_comes_back_as_it_was_given(app: Flask) -> None:
    moment = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
    heartbeat.give(redis, now=moment)
    assert heartbeat.last(redis) == moment
