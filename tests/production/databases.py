"""PostgreSQL and Redis, each a server of its own on loopback."""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from newsletter.standalone import embedded_redis
from tests.production import children
from tests.standalone.service import free_port

DRIVER = "postgresql+psycopg"
READY_SECONDS = 60.0


def postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL on this machine."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[4])
    )
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def new_cluster(programs: Path, folder: Path, *, port: int) -> list[str]:
    """Make an empty cluster in a folder and return the command that runs its server.

    It runs as an unprivileged user, for PostgreSQL refuses root.
    """
    become: list[str] = []
    if os.geteuid() == 0:
        user = "postgres" if _is_user("postgres") else "nobody"
        shutil.chown(folder, user)
        # A change of user drops the wish to end with the parent; setpriv repeats it.
        identity = [f"--reuid={user}", "--regid=nogroup", "--clear-groups"]
        become = ["setpriv", *identity, "--pdeathsig=TERM"]
    data = str(folder / "data")
    initdb = [str(programs / "initdb"), "-D", data, "-U", "newsletter", "-A", "trust"]
    made = subprocess.run(
        [*become, *initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    server = [str(programs / "postgres"), "-D", data, "-p", str(port), "-k", str(folder)]
    return [*become, *server, "-c", "listen_addresses=127.0.0.1"]


@contextmanager
def postgres_server(programs: Path, folder: Path) -> Iterator[str]:
    """Run a new cluster; yield its address."""
    log, port = folder / "log", free_port()
    command = new_cluster(programs, folder, port=port)
    process = children.start(command, log=log, cwd=folder)
    try:
        children.wait_for_port(port, process, log=log)
        url = f"{DRIVER}://newsletter@127.0.0.1:{port}/postgres"
        _wait_until_ready(url)
        yield url
    finally:
        children.stop(process, signal.SIGINT)  # does not wait for its clients


def _wait_until_ready(server_url: str) -> None:
    """Wait while the server says that it is starting up, which it does with its port open."""
    engine = sa.create_engine(server_url)
    give_up = time.monotonic() + READY_SECONDS
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
        else:
            engine.dispose()
            return


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Yield the address of a new, empty database on a server; it is dropped at the end."""
    name = f"newsletter_production_{uuid.uuid4().hex[:8]}"
    engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield engine.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis that never evicts; yield its address without a database number."""
    port, log = free_port(), folder / "log"
    program = embedded_redis.find(folder).program
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = children.start([program, *options, "--maxmemory-policy", "noeviction"], log=log)
    try:
        children.wait_for_port(port, process, log=log)
        yield f"redis://127.0.0.1:{port}"
    finally:
        children.stop(process)


def given_server() -> str | None:
    """Return TEST_DATABASE_URL where this run has a PostgreSQL already."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    return (
        given.replace("postgresql://", f"{DRIVER}://") if given.startswith("postgresql") else None
    )


def _is_user(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0
