"""On PostgreSQL an import is stored by several processes, and nobody can tell by the result."""

import csv
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.commands import import_lanes
from newsletter.database import WRITER
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions import bulk_import, import_rows
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


def fail() -> None:
    raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def counted() -> list[int]:
    db.session.rollback()
    models = (Subscriber, Subscription, ConsentEvent, Letter)
    return [db.session.scalars(sa.select(sa.func.count()).select_from(one)).one() for one in models]


def test_the_first_line_of_a_reader_wins_and_the_report_is_in_order(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = tmp_path / "processes"
    real = import_lanes.import_slice

    def watched(**given: object) -> object:
        with processes.open("a") as file:
            file.write(f"{os.getpid()}\n")
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(import_lanes, "import_slice", watched)
    result = run(*words)
    assert f"88 lines read: {READERS} added, {READERS} already there, 8 refused." in result.output
    at_work = set(processes.read_text().split())
    assert len(at_work - {str(os.getpid())}) == len(at_work) == import_lanes.LANES
    assert counted() == [READERS] * 4
    assert set(db.session.scalars(sa.select(Subscriber.name))) == {"first"}
    report = (tmp_path / "readers.csv.errors.csv").read_text().splitlines()
    refused = [int(row[0]) for row in csv.reader(report[1:])]
    assert refused == sorted(refused)
    assert len(refused) == 8


@pytest.mark.parametrize(
    ("end", "says"),
    [
        pytest.param(fail, "The database failed after", id="by an error"),
        pytest.param(be_killed, "The import failed after", id="by a kill"),
    ],
)
def test_a_lane_that_ends_ends_the_import_and_the_next_run_completes_it(
    run: Run,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[], None],
    says: str,
) -> None:
    real = import_lanes.import_slice
    calls: list[object] = []

    def failing(**given: object) -> object:
        calls.append(given)
        if len(calls) == 3:  # of this lane
            end()
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(import_lanes, "import_slice", failing)
    broken = run(*words)
    assert broken.exit_code == 1
    assert says in broken.output
    assert "lines, which are stored" in broken.output
    added = counted()
    assert 0 < added[0] < READERS
    assert len(set(added)) == 1
    monkeypatch.setattr(import_lanes, "import_slice", real)
    again = run(*words)
    assert f"{READERS - added[0]} added, {READERS + added[0]} already there" in again.output
    assert counted() == [READERS] * 4


def test_a_file_that_names_no_addresses_is_refused_as_ever(
    run: Run, words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "readers.csv").write_text("name,town\nAnn,Ghent\n")
    result = run(*words)
    assert result.exit_code == 1
    assert "names no column of addresses" in result.output


def test_a_slice_is_stored_once_more_when_somebody_signs_up_with_its_address_meanwhile(
    run: Run, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """She appears after the import looked for her, and before it stores its own row."""
    monkeypatch.setattr(import_lanes, "SMALLEST_FILE", 10_000_000)
    real = import_rows.add_subscribers
    tries: list[bool] = []

    def overtaken(*, now: datetime, all_or_none: bool) -> int:
        if not tries:
            row = {"email": "R3@example.org", "email_key": "r3@example.org", "address_hash": "x"}
            with db.engine.execution_options(**{WRITER: True}).begin() as connection:
                connection.execute(sa.insert(Subscriber).values(**row, created_at=now))
        tries.append(all_or_none)
        return real(now=now, all_or_none=all_or_none)

    monkeypatch.setattr(import_rows, "add_subscribers", overtaken)
    result = run(*words)
    assert f"{READERS} added, {READERS} already there" in result.output
    assert counted() == [READERS] * 4
    assert len(tries) == 18 + 1
    db.session.rollback()
    hers = sa.select(Subscriber.email).where(Subscriber.email_key == "r3@example.org")
    assert db.session.scalar(hers) == "R3@example.org"
