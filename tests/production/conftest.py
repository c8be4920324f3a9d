"""Servers of our own, one installation on them, started once for this folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.mail.smtp_servers import Inbox, controller
from tests.production import databases, postfix
from tests.production.installation import Installation, running
from tests.production.postfix import Postfix, postfix_server

#: A folder others may enter: Postfix and PostgreSQL run as users of their own.
OPEN_TO_ALL = 0o755


@pytest.fixture(scope="package")
def _servers_can_run() -> None:
    """Skip without the programs, but never in CI; without root nowhere would a Postfix start."""
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    missing = [
        name
        for name, found in (
            ("postfix", postfix.PROGRAM),
            ("PostgreSQL", databases.given_server() or databases.postgres_programs()),
            ("redis-server", shutil.which("redis-server") or shutil.which("valkey-server")),
        )
        if not found
    ]
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture(scope="package")
def folder(_servers_can_run: None) -> Iterator[Path]:
    """A folder under a short path that every user may enter; pytest's own are closed."""
    made = Path(tempfile.mkdtemp(prefix="newsletter-"))
    made.chmod(OPEN_TO_ALL)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="package")
def production_database(folder: Path) -> Iterator[str]:
    """An empty database, on the server of this run or on one of our own."""
    given = databases.given_server()
    if given:
        with databases.fresh_database(given) as url:
            yield url
        return
    programs = databases.postgres_programs()
    assert programs is not None
    (folder / "postgres").mkdir()
    with (
        databases.postgres_server(programs, folder / "postgres") as server,
        databases.fresh_database(server) as url,
    ):
        yield url


@pytest.fixture(scope="package")
def production_redis(folder: Path) -> Iterator[str]:
    """A Redis of our own."""
    (folder / "redis").mkdir()
    with databases.redis_server(folder / "redis") as url:
        yield url


@pytest.fixture(scope="package")
def next_server(_servers_can_run: None) -> Iterator[tuple[Controller, Inbox]]:
    """The server behind the relay, which keeps the mail to `postfix.PASSED_ON`."""
    inbox = Inbox()
    listening = controller(inbox)
    listening.start()
    yield listening, inbox
    listening.stop()


@pytest.fixture(scope="package")
def arrived(next_server: tuple[Controller, Inbox]) -> Inbox:
    """The mails that went through the relay to `postfix.PASSED_ON`."""
    return next_server[1]


@pytest.fixture(scope="package")
def relay(folder: Path, next_server: tuple[Controller, Inbox]) -> Iterator[Postfix]:
    """A Postfix of our own, without TLS."""
    (folder / "postfix").mkdir()
    with postfix_server(folder / "postfix", next_port=next_server[0].port) as server:
        yield server


@pytest.fixture(scope="package")
def installation(
    folder: Path, production_database: str, production_redis: str, relay: Postfix
) -> Iterator[Installation]:
    """Migrated by the command an operator gives, its four processes running."""
    (folder / "processes").mkdir()
    installed = Installation(
        folder / "processes",
        database_url=production_database,
        redis_url=f"{production_redis}/0",
        smtp_url=f"smtp://127.0.0.1:{relay.port}?tls=none&helo=news.example.org",
    )
    installed.flask("db", "upgrade")
    with running(installed):
        yield installed
