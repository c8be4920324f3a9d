"""PostgreSQL and Redis for the measures: servers of their own in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.programs import (
    CannotMeasure,
    find_program,
    free_port,
    needed_program,
    running,
    wait_for_port,
)

DRIVER = "postgresql+psycopg"

#: PostgreSQL and the sinks run as users of their own and must be able to enter.
OPEN_TO_ALL = 0o755


@dataclass(frozen=True)
class Services:
    """The servers all measures of one run share, and a folder for logs and built programs."""

    folder: Path
    server_url: str
    redis_url: str

    @contextmanager
    def database(self, *, template: str = "template1") -> Iterator[str]:
        """Yield the address of a new database, a copy of `template`; it is dropped at the end."""
        name = f"bench_{uuid.uuid4().hex[:8]}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield str(sa.make_url(self.server_url).set(database=name))
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def postgres_version(self) -> str:
        """Return the server's version, such as "15.8"."""
        engine = sa.create_engine(self.server_url)
        with engine.connect() as connection:
            version: str = connection.exec_driver_sql("SHOW server_version").scalar_one()
        engine.dispose()
        return version.split()[0]

    def _execute(self, statement: str) -> None:
        engine = sa.create_engine(self.server_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


@contextmanager
def services() -> Iterator[Services]:
    """Run PostgreSQL and Redis in a temporary folder until the block ends.

    Raises:
        CannotMeasure: a program is missing or does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="newsletter-bench-"))
    folder.chmod(OPEN_TO_ALL)
    try:
        with _postgres(folder / "postgres") as server_url, _redis(folder / "redis") as redis_url:
            yield Services(folder, server_url, redis_url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """Run a new cluster with stock settings, fsync included."""
    programs = _postgres_programs()
    folder.mkdir()
    become, pdeathsig = _server_user(folder)
    data, log, port = folder / "data", folder / "postgres.log", free_port()
    made = subprocess.run(
        [
            *become,
            *(str(programs / "initdb"), "-D", str(data), "-U", "newsletter", "-A", "trust"),
            *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise CannotMeasure(f"initdb: {made.stderr}")
    server = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
    command = [*become, *pdeathsig, *server, "-c", "listen_addresses=127.0.0.1"]
    with running(command, log=log, stop_signal=signal.SIGINT) as process:
        wait_for_port(port, process, log=log)
        yield f"{DRIVER}://newsletter@127.0.0.1:{port}/postgres"


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    folder.mkdir()
    log, port = folder / "redis.log", free_port()
    program = needed_program("redis-server", "valkey-server")
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    with running([program, *options, "--maxmemory-policy", "noeviction"], log=log) as process:
        wait_for_port(port, process, log=log)
        yield f"redis://127.0.0.1:{port}/0"


def _postgres_programs() -> Path:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[4])
    )
    if found:
        return found[-1].parent
    if on_path := find_program("initdb"):
        return Path(on_path).parent
    raise CannotMeasure("PostgreSQL is not installed.")


def _server_user(folder: Path) -> tuple[list[str], list[str]]:
    """Return what starts a program as an unprivileged user, where we are root.

    PostgreSQL refuses root. A change of user drops the wish to end with the parent, so the second
    part repeats it.
    """
    if os.geteuid() != 0:
        return [], []
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    become = [needed_program("setpriv"), f"--reuid={user}", "--regid=nogroup", "--clear-groups"]
    return become, ["--pdeathsig=TERM"]
