"""The pages as production runs them, the load on them, and what each request costs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from bench.http_load import Plan, Report
from bench.installation import Installation
from bench.processes import cpu_by_kind
from bench.programs import CannotMeasure, free_port, running, wait_for_port
from newsletter import PROJECT_DIR
from newsletter.extensions import db

#: As docs/deploying.md starts them.
WORKERS, THREADS = 2, 8
CONNECTIONS = 16
#: Longer than any load lasts by its plan.
LATE_SECONDS = 300.0

HEAD = "Host: news.example.org\r\nUser-Agent: bench\r\nAccept: text/html\r\n"


@dataclass(frozen=True)
class Load:
    """What a load did, and what it cost: processor seconds by kind of process."""

    report: Report
    cpu: dict[str, float]
    writes: int  # rows that changed meanwhile

    @property
    def count(self) -> int:
        """Answers that came."""
        return len(self.report.latencies)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.report.seconds

    @property
    def failures(self) -> int:
        """Answers of 500 and more, and those that never came."""
        bad = sum(n for status, n in self.report.statuses.items() if status >= "500")
        return bad + self.report.lost

    def milliseconds(self, kind: str) -> float:
        """Return the processor time of one request in a kind of process."""
        return self.cpu.get(kind, 0.0) / max(self.count, 1) * 1000


@contextmanager
def pages(installed: Installation) -> Iterator[int]:
    """Run gunicorn until the block ends; yield its port."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)),
        *("--no-control-socket", "--chdir", str(PROJECT_DIR), "wsgi:app"),
    ]
    log = installed.folder / "web.log"
    environment = installed.environment(smtp_url="")
    with running(command, log=log, environment=environment) as process:
        wait_for_port(port, process, log=log)
        yield port


def put_load(
    port: int, requests: list[str], *, rate: float, count: int, connections: int = CONNECTIONS
) -> Load:
    """Send requests from a process of its own; return what came of it.

    Raises:
        CannotMeasure: the load did not end.
    """
    plan = Plan(port, rate, count, connections, requests)
    within = LATE_SECONDS + (2 * count / rate if rate else 0.0)
    writes, cpu = _rows_written(), cpu_by_kind()
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "bench.http_load"],
            input=json.dumps(asdict(plan)),
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            timeout=within,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise CannotMeasure(f"the load did not end: {error}") from None
    after = cpu_by_kind()
    spent = {kind: after[kind] - cpu.get(kind, 0.0) for kind in after}
    found: dict[str, Any] = json.loads(ran.stdout)
    return Load(Report(**found), spent, _rows_written() - writes)


def get(path: str) -> str:
    """Return a request for a page."""
    return f"GET {path} HTTP/1.1\r\n{HEAD}\r\n"


def post(path: str, body: str) -> str:
    """Return a request that sends a form."""
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    return f"POST {path} HTTP/1.1\r\n{HEAD}{form}Content-Length: {len(body)}\r\n\r\n{body}"


def _rows_written() -> int:
    """Return the rows that the database has changed so far, which it tells a moment late."""
    db.session.rollback()
    db.session.execute(sa.text("SELECT pg_sleep(1.1)"))
    db.session.rollback()
    changed = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
    number = int(db.session.execute(sa.text(changed)).scalar_one())
    db.session.rollback()
    return number
