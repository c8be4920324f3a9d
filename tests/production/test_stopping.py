"""SIGTERM, as systemd sends it: each process ends by itself, soon, and leaves nobody behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.production.children import STOP_SECONDS
from tests.production.installation import PROCESSES, Installation
from tests.production.postfix import Postfix
from tests.standalone.service import wait_until

pytestmark = pytest.mark.production


@pytest.fixture
def second(
    tmp_path: Path,
    installation: Installation,
    production_database: str,
    production_redis: str,
    relay: Postfix,
) -> Iterator[Installation]:
    """Four more processes on the database of the others, with a queue of their own."""
    started = Installation(
        tmp_path,
        database_url=production_database,
        redis_url=f"{production_redis}/1",
        smtp_url=f"smtp://127.0.0.1:{relay.port}?tls=none",
    )
    try:
        started.start("web", "worker", "letters", "beat")
        started.wait_ready()
        wait_until(
            lambda: len(started.leftovers()) >= len(PROCESSES) + len(["gunicorn's child"]),
            STOP_SECONDS,
            "processes are recognised as ours",
        )
        yield started
    finally:
        started.stop_all()


def test_each_process_ends_with_success_and_without_orphans(second: Installation) -> None:
    for name in ("web", "beat", "letters", "worker"):
        assert second.stop(name) == 0, f"{name}: {second.logs}"
    assert second.leftovers() == []
    assert "Traceback" not in second.logs
