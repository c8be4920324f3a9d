"""On PostgreSQL an import stores by several connections, and nobody can tell by the result."""

import csv
import os
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.commands import import_lanes
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions import bulk_import
from newsletter.subscriptions.models import ConsentEvent, Letter, Subscriber, Subscription
from tests.commands.conftest import Run
from tests.factories import Make

pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_DATABASE_URL", "").startswith("postgresql"),
    reason="one connection at a time writes to SQLite",
)

READERS = 40


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_lanes, "SMALLEST_FILE", 0)
    monkeypatch.setattr(bulk_import, "SLICE", 5)


@pytest.fixture
def words(make: Make, tmp_path: Path) -> tuple[str, ...]:
    """The command for a file in which each reader stands twice and every tenth line is wrong."""
    publication: Publication = make.publication(slug="news")
    lines = ["email,name"]
    for turn in ("first", "second"):
        for number in range(READERS):
            address = f"r{number}@example.org"
            lines.append(f"{address if turn == 'first' else address.upper()},{turn}")
            if number % 10 == 0:
                lines.append(f"nobody {number},{turn}")
    path = tmp_path / "readers.csv"
    path.write_text("\n".join(lines) + "\n")
    return ("subscribers", "import", str(path), "--publication", publication.slug, "--yes")


def counted() -> list[int]:
    db.session.rollback()
    models = (Subscriber, Subscription, ConsentEvent, Letter)
    return [db.session.scalars(sa.select(sa.func.count()).select_from(one)).one() for one in models]


def test_the_first_line_of_a_reader_wins_and_the_report_is_in_order(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    real = import_lanes.import_slice

    def watched(**given: object) -> object:
        threads.add(threading.current_thread().name)
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(import_lanes, "import_slice", watched)
    result = run(*words)
    assert f"88 lines read: {READERS} added, {READERS} already there, 8 refused." in result.output
    assert len(threads) == import_lanes.LANES
    assert counted() == [READERS] * 4
    assert set(db.session.scalars(sa.select(Subscriber.name))) == {"first"}
    report = (tmp_path / "readers.csv.errors.csv").read_text().splitlines()
    refused = [int(row[0]) for row in csv.reader(report[1:])]
    assert refused == sorted(refused)
    assert len(refused) == 8


def test_a_lane_that_fails_ends_the_import_and_the_next_run_completes_it(
    run: Run, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = import_lanes.import_slice
    calls: list[object] = []

    def failing(**given: object) -> object:
        calls.append(given)
        if len(calls) == 6:
            raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(import_lanes, "import_slice", failing)
    broken = run(*words)
    assert broken.exit_code == 1
    assert "which are stored (OperationalError)" in broken.output
    added = counted()
    assert 0 < added[0] < READERS
    assert len(set(added)) == 1
    monkeypatch.setattr(import_lanes, "import_slice", real)
    again = run(*words)
    assert f"{READERS - added[0]} added, {READERS + added[0]} already there" in again.output
    assert counted() == [READERS] * 4
