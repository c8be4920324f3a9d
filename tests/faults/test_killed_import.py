"""kill -9 in the middle of an import: the same command goes on, and nobody is asked twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.config import Settings
from newsletter.extensions import db
from newsletter.subscriptions.models import ConsentEvent, Letter, Subscriber, Subscription
from tests.factories import Make

pytestmark = pytest.mark.fault

PROJECT = Path(__file__).parents[2]
#: Some slices long, and enough for PostgreSQL's lanes.
READERS = 60_000
PATIENCE_SECONDS = 60.0


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(sa.func.count()).select_from(model)).one()


def start(path: Path, settings: Settings) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "VAR_DIR": str(settings.var_dir),
        "LOG_LEVEL": "WARNING",
    }
    words = ["subscribers", "import", str(path), "--publication", "news", "--yes"]
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi.py", *words],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_an_import_killed_midway_is_completed_by_the_next_run(
    make: Make, session_settings: Settings, tmp_path: Path
) -> None:
    make.publication(slug="news")
    path = tmp_path / "readers.csv"
    path.write_text("".join(f"reader{number}@example.org\n" for number in range(READERS)))
    with start(path, session_settings) as process:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not count(Subscription) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    with start(path, session_settings) as process:
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert f"{READERS:,} lines read" in said
    stored = [count(model) for model in (Subscriber, Subscription, ConsentEvent, Letter)]
    assert stored == [READERS] * 4
    there = int(said.split("already there")[0].rpartition("added, ")[2].replace(",", ""))
    assert 0 < there < READERS
