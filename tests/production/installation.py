"""An installation as an operator runs it: settings by environment, three processes, commands."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from flask import Flask

from newsletter import PROJECT_DIR, create_app
from newsletter.config import Settings
from newsletter.extensions import redis
from tests.production import children
from tests.standalone.service import (
    KEPT,
    environment_of,
    free_port,
    running_processes,
    wait_until,
)
from workers.schedule import PERIODS
from workers.timer import asked_key

#: What readers see; a proxy would stand there and pass on to loopback.
PUBLIC_ADDRESS = "https://news.example.org"

KEY = "a-key-for-tests-only-0123456789abcdef"
PATIENCE_SECONDS = 60.0

#: In the order of docs/operating.md: pages, digests and upkeep, letters, scheduler.
PROCESSES = ("web", "worker", "letters", "beat")


def documented_commands() -> dict[str, list[str]]:
    """Return the commands of the four processes as docs/operating.md tells operators."""
    page = (PROJECT_DIR / "docs/operating.md").read_text()
    section = page.partition("## Processes in production")[2].partition("\n## ")[0]
    lines = re.findall(r"^    (\S.*)", section.replace("\\\n", ""), re.MULTILINE)
    return dict(zip(PROCESSES, map(str.split, lines), strict=True))


class Installation:
    """Settings, a folder for logs, and whatever of the four processes was started."""

    def __init__(self, folder: Path, *, database_url: str, redis_url: str, smtp_url: str) -> None:
        self.port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._folder = folder
        self._settings = {
            "secret_key": KEY,
            "database_url": database_url,
            "redis_url": redis_url,
            "smtp_url": smtp_url,
            "base_url": PUBLIC_ADDRESS,
            "bounce_domain": "bounces.example.org",
            "log_level": "INFO",
            "var_dir": str(folder / "var"),
            "trusted_proxies": "0",
            "fetch_allow": "127.0.0.1",
            "check_mail_domains": "false",
        }
        self._app: Flask | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What every process and command is given; nothing of the tester's own settings."""
        given = {name: os.environ[name] for name in KEPT if name in os.environ}
        programs = str(Path(sys.executable).parent)
        return {
            **given,
            "PATH": os.pathsep.join([programs, given.get("PATH", "")]),
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port}",
            **{name.upper(): value for name, value in self._settings.items()},
        }

    @property
    def app(self) -> Flask:
        """The application in this process, to look into the database and to sign links."""
        if self._app is None:
            self._app = create_app(Settings(_env_file=None, **self._settings), pages=False)
        return self._app

    def flask(self, *words: str, typed: str = "") -> str:
        """Run a command as an operator would and return what it printed."""
        done = subprocess.run(
            ["flask", *words],
            cwd=PROJECT_DIR,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            start_new_session=True,  # without a terminal, so that a password is read from `typed`
            check=False,
        )
        assert done.returncode == 0, f"flask {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def flask_json(self, *words: str) -> Any:
        """Run a command with --json and return what it told."""
        return json.loads(self.flask(*words, "--json"))

    def silence_worker_clock(self) -> None:
        """Keep the worker from asking for due work itself, so that only the scheduler does."""
        with self.app.app_context():
            redis.mset({asked_key(job): 1 for job in PERIODS})

    def start(self, *names: str) -> None:
        """Start processes by the documented commands."""
        for name in names:
            command = documented_commands()[name]
            if name == "worker":
                command = [*command, "--concurrency", "2"]  # not one for each of many processors
            self.processes[name] = children.start(
                command, log=self.log_path(name), cwd=PROJECT_DIR, environment=self.environment
            )

    def stop(self, name: str) -> int:
        """Send SIGTERM to a process and return its exit code."""
        return children.stop(self.processes.pop(name))

    def stop_all(self) -> None:
        """End whatever still runs."""
        for name in list(self.processes):
            self.stop(name)

    def wait_ready(self) -> None:
        """Return when the pages say that database, queue and worker are there."""
        wait_until(self._is_ready, PATIENCE_SECONDS, "ready")

    def log_path(self, name: str) -> Path:
        """Where a process writes its log."""
        return self._folder / f"{name}.log"

    @property
    def logs(self) -> str:
        """Everything the processes logged."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def leftovers(self) -> list[str]:
        """Return the commands of processes that were started with this installation's settings."""
        mark = f"VAR_DIR={self._settings['var_dir']}\0".encode()
        found = running_processes().items()
        return [command for process, command in found if mark in environment_of(process)]

    def get(self, page: str) -> tuple[int, str]:
        """Fetch a page by its path or public address: status and text."""
        return self._ask(Request(self._at(page)))

    def post(self, page: str, fields: Mapping[str, str]) -> tuple[int, str]:
        """Post a form to a page: status and text."""
        return self._ask(Request(self._at(page), data=urlencode(fields).encode()))

    def _at(self, page: str) -> str:
        return f"http://127.0.0.1:{self.port}{page.removeprefix(PUBLIC_ADDRESS)}"

    def _ask(self, request: Request) -> tuple[int, str]:
        try:
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def _is_ready(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, f"{name} ended: {self.logs}"
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False


@contextmanager
def running(installation: Installation) -> Iterator[Installation]:
    """Run all four processes of an installation."""
    try:
        installation.silence_worker_clock()
        installation.start(*PROCESSES)
        installation.wait_ready()
        yield installation
    finally:
        installation.stop_all()
