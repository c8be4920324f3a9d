"""Servers that a test may kill, and an installation on them."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask_migrate import upgrade

from newsletter import create_app
from newsletter.config import Settings
from newsletter.extensions import db
from tests.faults.ledger_server import LedgerServer
from tests.faults.servers import PostgresServer, RedisServer
from tests.faults.service import Service
from tests.production import databases
from tests.production.installation import KEY

TEMPLATE = "migrated"

#: A folder others may enter: PostgreSQL runs as a user of its own.
OPEN_TO_ALL = 0o755


@pytest.fixture(scope="package")
def fault_folder() -> Iterator[Path]:
    """A folder under a short path that every user may enter; pytest's own are closed."""
    made = Path(tempfile.mkdtemp(prefix="newsletter-"))
    made.chmod(OPEN_TO_ALL)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="package")
def sqlite_template(fault_folder: Path) -> Path:
    """An empty, migrated SQLite file."""
    file = fault_folder / "migrated.sqlite3"
    _migrate(f"sqlite:///{file}", fault_folder)
    return file


@pytest.fixture(scope="package")
def cluster(fault_folder: Path) -> Iterator[PostgresServer | None]:
    """A PostgreSQL of our own with a migrated database to copy; None where none is installed."""
    programs = databases.postgres_programs()
    if programs is None:
        yield None
        return
    folder = fault_folder / "postgres"
    folder.mkdir()
    server = PostgresServer(folder, programs)
    server.start()
    server.run(f"CREATE DATABASE {TEMPLATE}")
    _migrate(server.url(TEMPLATE), fault_folder)
    yield server
    server.stop()


@pytest.fixture
def postgres(cluster: PostgresServer | None) -> PostgresServer:
    """The PostgreSQL, for faults that only it can have."""
    if cluster is None:
        pytest.skip("PostgreSQL is not installed")
    return cluster


@pytest.fixture
def ledger() -> Iterator[LedgerServer]:
    """A mail server with an empty ledger."""
    with LedgerServer() as server:
        yield server


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[RedisServer]:
    """An empty Redis."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def service(
    tmp_path: Path,
    cluster: PostgresServer | None,
    sqlite_template: Path,
    queue: RedisServer,
    ledger: LedgerServer,
) -> Iterator[Service]:
    """An installation on PostgreSQL where there is one, its application's context open."""
    with ExitStack() as stack:
        if cluster is None:
            url = _copy_of(sqlite_template, tmp_path)
        else:
            name = f"faults_{uuid.uuid4().hex[:8]}"
            url = cluster.copy(name, of=TEMPLATE)
            stack.callback(cluster.drop, name)
        yield stack.enter_context(_installed(tmp_path, url, queue, ledger))


@pytest.fixture
def service_on_sqlite(
    tmp_path: Path, sqlite_template: Path, queue: RedisServer, ledger: LedgerServer
) -> Iterator[Service]:
    """An installation on SQLite, its application's context open."""
    with ExitStack() as stack:
        url = _copy_of(sqlite_template, tmp_path)
        yield stack.enter_context(_installed(tmp_path, url, queue, ledger))


@contextmanager
def _installed(
    folder: Path, database_url: str, queue: RedisServer, ledger: LedgerServer
) -> Iterator[Service]:
    made = Service(folder, database_url=database_url, queue=queue, ledger=ledger)
    with made.app.app_context():
        try:
            yield made
        finally:
            made.stop_all()
            db.session.remove()
            db.engine.dispose()


def _copy_of(file: Path, folder: Path) -> str:
    copied = folder / "newsletter.sqlite3"
    shutil.copyfile(file, copied)
    return f"sqlite:///{copied}"


def _migrate(url: str, folder: Path) -> None:
    settings = Settings(
        _env_file=None, secret_key=KEY, database_url=url, var_dir=folder, log_level="WARNING"
    )
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
