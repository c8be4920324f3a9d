"""PostgreSQL and Redis of a test's own, to be killed, frozen, filled and started again."""

import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import redis
import sqlalchemy as sa

from newsletter.standalone import embedded_redis
from tests.faults.programs import descendants, send_signal
from tests.production import children, databases
from tests.standalone.service import free_port, wait_until


class Server:
    """A program on a port of loopback that keeps its port and folder when it is started again."""

    def __init__(self, folder: Path, *, port: int, command: list[str]) -> None:
        self.port = port
        self.folder = folder
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where it writes what it has to say."""
        return self.folder / "log"

    def start(self) -> None:
        """Run it until it answers; what an earlier run left may keep it out for a moment."""
        give_up = time.monotonic() + children.START_SECONDS
        while True:
            process = children.start(self._command, log=self.log, cwd=self.folder)
            try:
                children.wait_for_port(self.port, process, log=self.log)
            except AssertionError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.5)
                continue
            self._process = process
            return

    def kill(self) -> None:
        """Give it and all its processes kill -9."""
        send_signal(self._all(), signal.SIGKILL)
        self._gone()

    def freeze(self) -> None:
        """Let it accept connections and answer nothing."""
        send_signal(self._all(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        send_signal(self._all(), signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end, without waiting for its clients; it may have been killed before."""
        if self._process is not None:
            self.thaw()
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
            self._gone()

    def _all(self) -> list[int]:
        assert self._process is not None, "it does not run"
        return [self._process.pid, *descendants(self._process.pid)]

    def _gone(self) -> None:
        assert self._process is not None
        self._process.wait(children.STOP_SECONDS)
        self._process = None


class RedisServer(Server):
    """A Redis that keeps nothing on disk: started again, it is empty."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        program = embedded_redis.find(folder).program
        where = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
        options = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        super().__init__(folder, port=port, command=[program, *where, *options])

    @property
    def url(self) -> str:
        """Its address as a setting."""
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Forget everything at once."""
        self._client().flushall()

    def fill(self) -> None:
        """Leave no room for anything more."""
        self._client().config_set("maxmemory", "1")

    def make_room(self) -> None:
        """Let it take what it is given again."""
        self._client().config_set("maxmemory", "0")

    def _client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=30)


class PostgresServer(Server):
    """A cluster of its own; databases are copied from one that was migrated once."""

    #: Few connections, so that a test can take them all.
    MAX_CONNECTIONS = 60

    def __init__(self, folder: Path, programs: Path) -> None:
        port = free_port()
        command = databases.new_cluster(programs, folder, port=port)
        options = ["-c", f"max_connections={self.MAX_CONNECTIONS}", "-c", "fsync=off"]
        super().__init__(folder, port=port, command=[*command, *options])

    def start(self) -> None:
        """Run it until it lets its owner in: after a crash it first mends what it holds."""
        super().start()
        wait_until(self._lets_in, children.START_SECONDS, "recovery of PostgreSQL")

    def _lets_in(self) -> bool:
        with suppress(sa.exc.OperationalError):
            self.run("SELECT 1")
            return True
        return False

    def url(self, name: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"{databases.DRIVER}://newsletter@127.0.0.1:{self.port}/{name}"

    def run(self, *statements: str) -> None:
        """Run statements as the owner, each by itself."""
        engine = sa.create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def copy(self, name: str, *, of: str) -> str:
        """Make a database like another one; return its address."""
        self.run(f"CREATE DATABASE {name} TEMPLATE {of}")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def hang_up(self, name: str) -> None:
        """End every connection to a database; return when all have ended."""
        self.run(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            f"WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        )


def programs_missing() -> list[str]:
    """Return the names of programs that these tests need and this machine lacks."""
    found = {
        "PostgreSQL": databases.postgres_programs(),
        "redis-server": shutil.which("redis-server") or shutil.which("valkey-server"),
    }
    return [name for name, program in found.items() if not program]
