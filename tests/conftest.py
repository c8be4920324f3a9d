"""The application under test: a real database (SQLite, or PostgreSQL by TEST_DATABASE_URL)."""

import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from newsletter import create_app
from newsletter.config import Settings
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests import factories

TEST_KEY = "a-key-for-tests-only-0123456789abcdef"


@pytest.fixture(autouse=True, scope="session")
def _no_network_outside_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    real_connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ip_address(host.split("%")[0]).is_loopback:
                raise RuntimeError(f"a test tried to reach {host}")
        real_connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database that this run tests on."""
    folder = tmp_path_factory.mktemp("database")
    return os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{folder}/test.sqlite3"


@pytest.fixture(scope="session")
def session_settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the application under test; nothing of the environment leaks in."""
    return Settings(
        _env_file=None,
        secret_key=TEST_KEY,
        database_url=database_url,
        redis_url=os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:1/0"),
        smtp_url="",
        base_url="http://localhost",
        bounce_domain="",
        log_level="WARNING",
        var_dir=Path(tmp_path_factory.mktemp("var")),
        trusted_proxies=0,
        fetch_allow="127.0.0.1",
    )


@pytest.fixture(scope="session")
def _migrated_app(session_settings: Settings) -> Flask:
    app = create_app(session_settings)
    app.config.update(TESTING=True, RATELIMIT_ENABLED=False)
    with app.app_context():
        upgrade()
    return app


@pytest.fixture
def app(_migrated_app: Flask) -> Iterator[Flask]:
    """The application, inside its context, on an empty database."""
    with _migrated_app.app_context():
        yield _migrated_app
        db.session.rollback()
        with unit_of_work() as session:
            for table in reversed(db.metadata.sorted_tables):
                session.execute(table.delete())
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts."""
    return app.test_client()


@pytest.fixture
def make(app: Flask) -> "factories.Make":
    """Keyword factories: `make.subscription(state=…)` stores one and returns it."""
    return factories.Make()
