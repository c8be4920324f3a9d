"""The application under test: a real database (SQLite, or PostgreSQL by TEST_DATABASE_URL)."""

import os
import re
import shutil
import socket
import subprocess
import sys
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
from newsletter.deliveries import recent_progress
from newsletter.extensions import db, redis
from newsletter.publications.models import Publication
from newsletter.standalone import embedded_redis
from newsletter.standalone.process import CHILD
from newsletter.unit_of_work import unit_of_work
from newsletter.web import clicks
from tests import factories, parallel
from tests.listener import Listener

TEST_KEY = "a-key-for-tests-only-0123456789abcdef"

#: Names that a server elsewhere would have to be asked about.
NAME = re.compile(r"\.[A-Za-z]{2,}\.?$")

#: Marks of tests that start the service's processes: one after the other, they wait for seconds.
STARTING_PROCESSES = ("journey", "fault", "production")

BROWSERS = ("chromium", "google-chrome", "chromium-browser")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark that `pytest_collection_modifyitems` sets."""
    config.addinivalue_line("markers", "database: reads or writes the database (set by itself)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches the database; skip journeys without a browser, but never in CI."""
    has_browser = any(map(shutil.which, BROWSERS))
    for item in items:
        if "_migrated_app" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
        if item.get_closest_marker("journey") and not (has_browser or os.environ.get("CI")):
            item.add_marker(pytest.mark.skip(reason="no Chromium or Chrome on PATH"))
        if any(map(item.get_closest_marker, STARTING_PROCESSES)):
            item.add_marker(pytest.mark.xdist_group("processes"))


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

    real_lookup = socket.getaddrinfo

    def looked_up(host: Any, *args: Any, **options: Any) -> Any:
        if isinstance(host, str) and NAME.search(host):
            raise socket.gaierror(socket.EAI_NONAME, "no test asks a name server")
        return real_lookup(host, *args, **options)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    patch.setattr(socket, "getaddrinfo", looked_up)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database that this run tests on; one of two at the same time has its own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return parallel.own_database(given)
    return f"sqlite:///{tmp_path_factory.mktemp('database')}/test.sqlite3"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A queue server: TEST_REDIS_URL, which is emptied, or one that lives as long as the run."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield parallel.own_queue(given)
        return
    server = embedded_redis.find(tmp_path_factory.mktemp("redis"))
    server.make_folders()
    shim = [sys.executable, "-I", str(CHILD), str(os.getpid())]  # ends with a killed test run
    with subprocess.Popen([*shim, *server.command], stdout=subprocess.DEVNULL) as process:
        server.wait()
        yield server.url
        process.terminate()
    server.clean_up()


@pytest.fixture(scope="session")
def session_settings(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of the application under test; nothing of the environment leaks in."""
    return Settings(
        _env_file=None,
        secret_key=TEST_KEY,
        database_url=database_url,
        redis_url=redis_url,
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
    return migrated_app(session_settings)


def migrated_app(settings: Settings, *, pages: bool = True) -> Flask:
    """Return an application on an empty database of the newest version."""
    app = create_app(settings, pages=pages)
    app.config.update(TESTING=True, EVEN_ANSWER_SECONDS=0)
    with app.app_context():
        upgrade()
        _empty_database()  # of what an interrupted run may have left
    return app


def _empty_database() -> None:
    db.session.rollback()
    with unit_of_work() as session:
        for table in reversed(db.metadata.sorted_tables):
            session.execute(table.delete())
    db.session.remove()


def _empty_data_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _forget_what_a_process_remembers() -> None:
    recent_progress.forget()
    clicks.forget()


@pytest.fixture
def app(_migrated_app: Flask, session_settings: Settings) -> Iterator[Flask]:
    """The application, inside its context, as if it were the first test that uses it."""
    with _migrated_app.app_context():
        redis.flushdb()
        _empty_data_folder(session_settings.var_dir)
        _forget_what_a_process_remembers()
        yield _migrated_app
        _empty_database()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts."""
    return app.test_client()


@pytest.fixture
def make(app: Flask) -> "factories.Make":
    """Keyword factories: `make.subscription(state=…)` stores one and returns it."""
    return factories.Make()


@pytest.fixture
def queue(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Listener:
    """What jobs are asked for, in place of the job queue."""
    listener = Listener()
    monkeypatch.setitem(app.extensions, "job_queue", listener)
    return listener


@pytest.fixture
def paper(make: "factories.Make") -> Publication:
    """The one publication there is, where a test does not care which."""
    return make.publication()
