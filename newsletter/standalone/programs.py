"""The programs that the all-in-one start runs, and how each is stopped."""

import os
import sys
from dataclasses import dataclass, field

from newsletter import PROJECT_DIR
from newsletter.jobs import QUEUES, Job
from newsletter.standalone.embedded_redis import EmbeddedRedis
from newsletter.standalone.environment import HOST
from newsletter.standalone.gunicorn_hooks import GATE

#: Celery warns of root at each start; for a trial in a container that is how it is.
WITHOUT_WARNING = "ignore:You're running the worker with superuser privileges"


@dataclass(frozen=True)
class Program:
    """A command, and the seconds it has to end after it was asked to."""

    name: str
    command: list[str]
    stop_rank: int  # the lowest is stopped first
    stop_seconds: float
    environment: dict[str, str] = field(default_factory=dict)

    def full_environment(self) -> dict[str, str]:
        """Return the environment: ours, the project importable, output unbuffered."""
        paths = [str(PROJECT_DIR), os.environ.get("PYTHONPATH", "")]
        python_path = os.pathsep.join(path for path in paths if path)
        ours = {"PYTHONPATH": python_path, "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **ours, **self.environment}


def queue(server: EmbeddedRedis) -> Program:
    """Return the embedded queue server."""
    return Program("redis", server.command, stop_rank=4, stop_seconds=5)


def web(port: int, gate: int) -> Program:
    """Return the web server; threads, so that a page that keeps streaming blocks none.

    Args:
        gate: descriptor of a pipe whose other end is closed when the database is ready.
    """
    options = [
        *("--bind", f"{HOST}:{port}", "--worker-class", "gthread"),
        *("--workers", "1", "--threads", "8", "--timeout", "60", "--graceful-timeout", "4"),
        *("--no-control-socket", "--log-level", "warning"),
        *("--config", "python:newsletter.standalone.gunicorn_hooks"),
    ]
    return Program(
        "web",
        [sys.executable, "-m", "gunicorn", *options, "wsgi:app"],
        stop_rank=1,
        stop_seconds=6,
        environment={GATE: str(gate)},
    )


def worker() -> Program:
    """Return the worker for all but letters."""
    others = [queue for queue in QUEUES if queue != Job.SEND_LETTER.queue]
    return _worker("worker", queues=others, processes=2)


def letters() -> Program:
    """Return a worker for letters alone: none waits behind a digest."""
    return _worker("letters", queues=[Job.SEND_LETTER.queue], processes=1)


def _worker(name: str, *, queues: list[str], processes: int) -> Program:
    options = [
        *("--hostname", f"{name}@%h", "--queues", ",".join(queues)),
        *("--concurrency", str(processes), "--without-gossip", "--without-mingle"),
    ]
    return Program(
        name,
        [sys.executable, "-m", "celery", "-A", "workers", "-q", "worker", *options],
        stop_rank=3,
        stop_seconds=20,
        environment={"PYTHONWARNINGS": WITHOUT_WARNING},
    )


def beat() -> Program:
    """Return the scheduler, which keeps nothing: what is due stands in the rows."""
    options = ["--scheduler", "celery.beat:Scheduler", "--pidfile="]
    return Program(
        "beat",
        [sys.executable, "-m", "celery", "-A", "workers", "-q", "beat", *options],
        stop_rank=2,
        stop_seconds=5,
    )
