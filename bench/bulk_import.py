"""Import of a large file by `flask subscribers import`, into PostgreSQL and into SQLite."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.installation import KEPT, KEY
from bench.programs import CannotMeasure
from bench.readers_file import write_readers
from bench.services import Services
from bench.table import Finding, Goal, spread
from bench.watched import Watched, watched
from newsletter import PROJECT_DIR

MOST_SECONDS = {"PostgreSQL": 20.0, "SQLite": 60.0}
GOAL_SIZE = 1_000_000
#: What counts as flat: the last fifth of an import against its first.
MOST_GROWTH_PERCENT = 10.0

EVIDENCE = "Double opt-in at the old service, its export of 1 March 2026"
FIRST, AGAIN = "everybody is new", "the same file again"


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Import the same file twice into each database, in turns; the second run adds nobody."""
    found: dict[tuple[str, str], list[Watched]] = {
        (kind, title): [] for kind in MOST_SECONDS for title in (FIRST, AGAIN)
    }
    with TemporaryDirectory(dir=services.folder) as name:
        file = Path(name) / "readers.csv"
        write_readers(file, size)
        for _ in range(rounds):
            for kind in MOST_SECONDS:
                first, again = _import_twice(services, kind, file, size)
                found[kind, FIRST].append(first)
                found[kind, AGAIN].append(again)
    return Finding(
        title="Bulk import",
        columns=(
            *("database", "run", "seconds", "lines/s", "processor seconds"),
            *("memory in the first fifth → the last, MB", "peak, MB"),
        ),
        rows=[_row(kind, title, runs, size) for (kind, title), runs in found.items()],
        goals=[
            *(_time_goal(kind, found[kind, FIRST], size) for kind in MOST_SECONDS),
            _memory_goal([found[kind, FIRST] for kind in MOST_SECONDS], size),
        ],
        notes=[
            f"A file of {size:,} confirmed readers with names and dates of signup, into empty "
            f"tables first; {rounds} rounds. Time and memory of the whole command, its start "
            "included; processor seconds of its process, without PostgreSQL's.",
        ],
    )


def _import_twice(services: Services, kind: str, file: Path, size: int) -> tuple[Watched, Watched]:
    with _database(services, kind, file.parent) as database_url:
        flask = _Flask(services, database_url)
        flask.run("db", "upgrade")
        sender = ("--name", "News", "--from", "news@example.org")
        flask.run("publications", "create", "news", *sender, "--site-url", "https://example.org")
        words = ("subscribers", "import", str(file), "--publication", "news", "--json")
        first, again = (
            flask.run(*words, "--confirmed", "--evidence", EVIDENCE) for _ in (FIRST, AGAIN)
        )
    _check(json.loads(first.said), json.loads(again.said), size)
    return first, again


@contextmanager
def _database(services: Services, kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a new database."""
    if kind == "PostgreSQL":
        with services.database() as url:
            yield url
        return
    with TemporaryDirectory(dir=folder) as name:
        yield f"sqlite:///{name}/import.sqlite3"


class _Flask:
    """Runs `flask` commands on one database."""

    def __init__(self, services: Services, database_url: str) -> None:
        self._log = services.folder / "import.log"
        self._environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "PYTHONPATH": str(PROJECT_DIR),
            "PYTHONWARNINGS": "ignore",
            "SECRET_KEY": KEY,
            "DATABASE_URL": database_url,
            "REDIS_URL": services.redis_url,
            "BASE_URL": "https://news.example.org",
            "LOG_LEVEL": "ERROR",
        }

    def run(self, *words: str) -> Watched:
        command = [sys.executable, "-m", "flask", "--app", str(PROJECT_DIR / "wsgi.py"), *words]
        return watched(command, environment=self._environment, log=self._log)


def _check(first: dict[str, int], again: dict[str, int], size: int) -> None:
    """Refuse figures of an import that did something else than it should.

    Raises:
        CannotMeasure.
    """
    settled = {"added": 0, "already_there": first["added"] + first["already_there"]}
    if first["lines"] != size or not first["added"] or again != first | settled:
        raise CannotMeasure(f"the imports ended as {first} and then {again}")


def _row(kind: str, title: str, runs: list[Watched], size: int) -> list[str]:
    seconds = [run.seconds for run in runs]
    early, late = (median(run.early for run in runs), median(run.late for run in runs))
    return [
        kind,
        title,
        spread(seconds, 1),
        f"{size / median(seconds):,.0f}",
        spread([run.processor_seconds for run in runs], 1),
        f"{early:.0f} → {late:.0f}",
        f"{max(max(run.memory) for run in runs):.0f}",
    ]


def _time_goal(kind: str, runs: list[Watched], size: int) -> Goal:
    seconds, most = median(run.seconds for run in runs), MOST_SECONDS[kind]
    return Goal(
        f"import of {size:,} lines into {kind}",
        f"≤ {most:.0f} s for {GOAL_SIZE:,}",
        f"{seconds:.1f} s",
        seconds <= most if size >= GOAL_SIZE else None,
    )


def _memory_goal(kinds: list[list[Watched]], size: int) -> Goal:
    """Judge the database whose import grew most; a short run is all beginning."""
    growth = max(median(run.late / run.early - 1 for run in runs) for runs in kinds) * 100
    peak = max(max(run.memory) for runs in kinds for run in runs)
    return Goal(
        "memory of an import",
        f"flat: within {MOST_GROWTH_PERCENT:.0f} % from its first fifth to its last",
        f"{growth:+.0f} %, peak {peak:.0f} MB",
        growth <= MOST_GROWTH_PERCENT if size >= GOAL_SIZE else None,
    )
