"""The all-in-one start refuses in one sentence, and otherwise starts, stops and leaves nothing."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.standalone.service import Service, wait_until

Start = Callable[..., Service]

#: With a relay, though one that is away, no sample is prepared, which takes seconds.
WITHOUT_SAMPLE = {"SMTP_URL": "smtp://127.0.0.1:1"}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="reads /proc to find what a service left behind"
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start()` starts a service in a folder of its own; whatever lives at the end is killed."""
    services: list[Service] = []

    def begin(**options: str | int) -> Service:
        service = Service(tmp_path, **options)  # type: ignore[arg-type]
        services.append(service)
        return service

    yield begin
    for service in services:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()


def refusal(service: Service) -> str:
    """Return what a service said that would not start."""
    assert service.process.wait(30) == 2, service.output
    lines = service.output.splitlines()
    assert len(lines) == 1, service.output
    return lines[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("DATABASE_URL", "mysql://127.0.0.1/news"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("SECRET_KEY", "short"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_an_unusable_setting_is_named_in_one_sentence(start: Start, name: str, value: str) -> None:
    line = refusal(start(**{name: value}) if name != "PORT" else start(PORT=value))
    assert line.startswith(f"Cannot start: {name} cannot be used: ")


def test_a_taken_port_is_named_with_one_that_is_free(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        line = refusal(start(port=taken))
    assert f"port {taken} is taken" in line
    assert "PORT=" in line
    assert f"PORT={taken} " not in line


def test_a_database_that_is_away_is_said_in_one_sentence(start: Start) -> None:
    service = start(DATABASE_URL="postgresql://nobody:hidden-word@127.0.0.1:1/news")
    assert service.process.wait(60) == 2
    assert "Cannot start: the database does not answer" in service.output
    assert "Traceback" not in service.output
    assert "hidden-word" not in service.output


@pytest.mark.fault
def test_a_service_starts_tells_its_addresses_and_stops_without_a_trace(
    start: Start, tmp_path: Path
) -> None:
    service = start()
    service.wait_ready()
    assert f"http://127.0.0.1:{service.port}/admin/welcome/" in service.output
    assert service.status_of("/healthz") == 200

    # Another one in the same folder.
    assert f"runs already in the folder {tmp_path}/var" in refusal(start())

    # The folder keeps its secrets to itself, and a second terminal finds the service.
    kept = tmp_path / "var" / "standalone.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert f"BASE_URL=http://127.0.0.1:{service.port}\n" in kept.read_text()
    told = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "current"],
        cwd=tmp_path,
        env={name: value for name, value in service.environment.items() if name != "PORT"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "(head)" in told.stdout, told.stderr

    # Ctrl-C.
    key = [line for line in kept.read_text().splitlines() if line.startswith("SECRET_KEY=")]
    assert service.stop(signal.SIGINT) == 0, service.output
    assert service.leftovers() == []
    assert "Traceback" not in service.output
    assert list(tmp_path.rglob("*.sock")) == []
    assert list(tmp_path.rglob("*.pid")) == []

    # Again, with the same key; the queue is killed and comes back, and so does the worker.
    again = start(port=service.port)
    again.wait_ready()
    assert key[0] in kept.read_text()
    # Both are looked up first: Celery's worker may end by itself when Redis is killed.
    queue, worker = map(again.process_of, ("redis.sock", "-q worker --hostname worker@"))
    os.kill(worker, signal.SIGKILL)
    os.kill(queue, signal.SIGKILL)
    wait_until(lambda: "redis ended unexpectedly" in again.output, 60, "the restart")
    again.wait_ready()
    assert again.stop(signal.SIGTERM) == 0, again.output
    assert again.leftovers() == []


@pytest.mark.fault
def test_a_killed_supervisor_leaves_no_orphans_and_a_free_folder(start: Start) -> None:
    service = start(**WITHOUT_SAMPLE)
    service.wait_ready()
    service.process.kill()
    service.process.wait()
    again = start(port=service.port, **WITHOUT_SAMPLE)  # waits for what is left of the first
    again.wait_ready()
    again.process.kill()
    again.process.wait()
    wait_until(lambda: service.leftovers() == [], 30, "the end of every program")
