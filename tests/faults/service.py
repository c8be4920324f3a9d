"""An installation whose processes are killed, frozen and stopped, and started again if they end.

Whatever runs workers in production restarts them (docs/operating.md), and so does `wait` here.
"""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from newsletter import PROJECT_DIR, heartbeat
from newsletter.clock import utc_now
from newsletter.config import Settings
from newsletter.deliveries.lease import LEASE
from newsletter.extensions import redis
from tests.faults.ledger_server import LedgerServer
from tests.faults.programs import connections_to, descendants, send_signal
from tests.faults.servers import RedisServer
from tests.faults.sizes import CONNECTIONS, PATIENCE_SECONDS, PROCESSES
from tests.production import children
from tests.production.installation import Installation, documented_commands

LEASE_SECONDS = LEASE.total_seconds()


@dataclass(frozen=True)
class Answer:
    """What a page answered, and how long that took."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float


class Service(Installation):
    """Web, workers and scheduler on a database, a Redis and a mail server of their own."""

    def __init__(
        self, folder: Path, *, database_url: str, queue: RedisServer, ledger: LedgerServer
    ) -> None:
        super().__init__(
            folder,
            database_url=database_url,
            redis_url=queue.url,
            smtp_url=f"smtp://127.0.0.1:{ledger.port}?tls=none&connections={CONNECTIONS}",
        )
        # So that a test can come from a network of its choice; without the header it is local.
        self._settings |= {"trusted_proxies": "1", "log_level": "WARNING"}
        self.queue = queue
        self.ledger = ledger
        self.restarts: Counter[str] = Counter()
        self._altered: dict[str, dict[str, str]] = {}

    @property
    def settings(self) -> Settings:
        """The settings that every process has."""
        return Settings(_env_file=None, **self._settings)

    def change(self, **settings: str) -> None:
        """Change settings, before anything is started."""
        self._settings |= settings

    def start(self, *names: str, **altered: str) -> None:
        """Start processes: `web`, `worker`, `beat`, or a second one such as `worker-2`.

        Args:
            altered: what tests/faults/altered.py is told of a world that differs.
        """
        for name in names:
            self._altered[name] = altered
            self.processes[name] = children.start(
                self._command(name, altered),
                log=self.log_path(name),
                cwd=PROJECT_DIR,
                environment=self.environment | altered,
            )

    def members(self, name: str) -> list[int]:
        """Return the ids of a process and all below it."""
        main = self.processes[name].pid
        return [main, *descendants(main)]

    def pool(self, name: str = "worker") -> list[int]:
        """Return the ids of a worker's pool processes."""
        return descendants(self.processes[name].pid)

    def open_connections(self, process_ids: list[int]) -> int:
        """Count the connections that these processes hold to the mail server."""
        return connections_to(self.ledger.port, process_ids)

    def kill(self, name: str) -> int:
        """Give a process and all below it kill -9; return how many mail connections they held."""
        members = self.members(name)
        send_signal(members, signal.SIGSTOP)  # so that the count holds when they die
        connections = self.open_connections(members)
        send_signal(members, signal.SIGKILL)
        self.processes.pop(name).wait(children.STOP_SECONDS)
        return connections

    def freeze(self, name: str) -> int:
        """Stop a process and all below it; return how many mail connections they hold."""
        members = self.members(name)
        send_signal(members, signal.SIGSTOP)
        return self.open_connections(members)

    def thaw(self, name: str) -> None:
        """Let a process and all below it go on."""
        send_signal(self.members(name), signal.SIGCONT)

    def terminate(self, name: str, *, seconds: float = 120.0) -> int:
        """Ask a process to end, as a service manager would; return its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def stop_all(self) -> None:
        """End whatever still runs, without ceremony."""
        for name in list(self.processes):
            self.kill(name)

    def wait(self, condition: Callable[[], bool], what: str, *, within: float = 0.0) -> float:
        """Return once `condition` holds, after how many seconds; restart what ended meanwhile."""
        begun = time.monotonic()
        limit = within or PATIENCE_SECONDS
        while not condition():
            seconds = time.monotonic() - begun
            assert seconds < limit, f"{what} not within {limit:.0f} s: {self.last_words}"
            self._restart_ended()
            time.sleep(0.03)
        return time.monotonic() - begun

    def wait_for_mails(self, count: int) -> None:
        """Return once the mail server has accepted so many mails."""
        self.wait(lambda: self.ledger.count >= count, f"{count} mails")

    def wait_for_pages(self) -> None:
        """Return once the web process answers."""

        def answers() -> bool:
            with suppress(OSError):
                return self.ask("/healthz", seconds=5).status == 200
            return False

        self.wait(answers, "an answer of the web process")

    def wait_for_worker(self, *, within: float = 0.0) -> float:
        """Return once a worker gives a sign of life newer than this call."""
        asked_at = utc_now()

        def shows_itself() -> bool:
            try:
                last = heartbeat.last(redis)
            except Exception:  # noqa: BLE001 - the queue may still be away
                return False
            return last is not None and last > asked_at

        with self.app.app_context():
            return self.wait(shows_itself, "a sign of life", within=within)

    def ask(
        self,
        page: str,
        fields: Mapping[str, str] | None = None,
        *,
        network: str = "",
        seconds: float = PATIENCE_SECONDS,
    ) -> Answer:
        """Fetch a page, or post a form to it; an address of `network` stands for the sender."""
        headers = {"X-Forwarded-For": network} if network else {}
        data = urlencode(fields).encode() if fields is not None else None
        request = Request(self._at(page), data=data, headers=headers)
        begun = time.monotonic()
        try:
            with urlopen(request, timeout=seconds) as answer:
                status, headers, body = answer.status, dict(answer.headers), answer.read()
        except HTTPError as error:
            status, headers, body = error.code, dict(error.headers), error.read()
        return Answer(status, headers, body.decode(), time.monotonic() - begun)

    @property
    def last_words(self) -> str:
        """Return the ends of the logs."""
        paths = sorted(self._folder.glob("*.log"))
        return "".join(f"\n--- {path.stem}\n{path.read_text()[-2000:]}" for path in paths)

    def _restart_ended(self) -> None:
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.restarts[name] += 1
                assert self.restarts[name] < 30, f"{name} ends again and again: {self.last_words}"
                self.start(name, **self._altered[name])

    def _command(self, name: str, altered: Mapping[str, str]) -> list[str]:
        kind = name.partition("-")[0]
        command = documented_commands()[kind]
        if kind == "worker":
            command = [*_from_all_queues(command), "--concurrency", str(PROCESSES)]
            command += ["--hostname", f"{name}@%h"]
        if kind == "beat":
            command = [*command, "--pidfile="]
        if altered:
            program = [sys.executable, "-m", "tests.faults.altered"]
            command = [*program, *command[1:]]
        return command


def _from_all_queues(command: list[str]) -> list[str]:
    """Return the command of a worker that takes letters too, so that each test has one to kill."""
    option = command.index("-Q")
    return command[:option] + command[option + 2 :]
