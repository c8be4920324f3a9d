"""Import of a large file by `flask subscribers import`: seconds, lines a second, memory.

    python -m bench.bulk_import [--lines 1000000] [--database sqlite|postgresql]

Twice on a fresh database: the second run finds everybody there. On PostgreSQL that is a database
of its own on the server that BENCH_DATABASE_URL or TEST_DATABASE_URL names, dropped at the end.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

PROJECT = Path(__file__).parent.parent
EVIDENCE = "Double opt-in at the old service, its export of 1 March 2026"
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")
POLL_SECONDS = 0.1
#: Samples before and after this share of a run tell whether memory grows.
EARLY, LATE = 0.2, 0.8

_TOPS = ("com", "org", "net")


@dataclass
class Run:
    """One import: its seconds, its processor time, its resident memory all along in MB."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: list[float] = field(default_factory=list)
    said: str = ""

    def cells(self, lines: int) -> list[str]:
        """Return what the table shows of it."""
        early = max(self.memory[: max(1, int(len(self.memory) * EARLY))])
        late = max(self.memory[int(len(self.memory) * LATE) :])
        speed = (f"{self.seconds:.1f}", f"{lines / self.seconds:,.0f}", f"{self.cpu_seconds:.1f}")
        return [*speed, f"{early:.0f}", f"{late:.0f}", f"{max(self.memory):.0f}"]


def write_file(path: Path, lines: int) -> None:
    """Write a list as services export it: some addresses twice, some unusable, some with IDN."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("email,name,signed up\n")
        for number in range(lines):
            day, second = chance.randrange(1, 29), chance.randrange(86_400)
            moment = (
                f"2021-{1 + number % 12:02}-{day:02} {second // 3600:02}:{second // 60 % 60:02}"
            )
            file.write(f"{_address(number, chance)},Reader {number},{moment}\n")


def _address(number: int, chance: random.Random) -> str:
    top = _TOPS[number % 3]
    match number % 200:
        case 50:
            return f"nobody {number}"
        case 51:
            earlier = max(number - 1_998, 53)
            return f"{_mixed(earlier)}@example.{_TOPS[earlier % 3]}".upper()
        case 52:
            return f"reader.{number}@bücher.example.{top}"
        case kind if kind % 5 == 0:
            return f"{_mixed(number)}@office{chance.randrange(100_000)}.example.{top}"
    return f"{_mixed(number)}@example.{top}"


def _mixed(number: int) -> str:
    """Return a local part that, like people's names, does not come in alphabetical order."""
    return f"r{number * 2_654_435_761 % 2**32:08x}.{number}"


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a new database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/import.sqlite3"
        return
    given = os.environ.get("BENCH_DATABASE_URL") or os.environ.get("TEST_DATABASE_URL")
    if not given:
        sys.exit("Set BENCH_DATABASE_URL to a PostgreSQL server on which databases can be made.")
    name = f"bench_{uuid.uuid4().hex[:8]}"
    engine = sa.create_engine(given, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield sa.make_url(given).set(database=name).render_as_string(hide_password=False)
        finally:
            # Not WITH (FORCE): that fails while autovacuum is at work, which this one ends.
            connection.exec_driver_sql(f"DROP DATABASE {name}")
    engine.dispose()


def flask(*words: str, environment: dict[str, str], folder: Path) -> Run:
    """Run a command and watch it."""
    run = Run()
    command = [sys.executable, "-m", "flask", "--app", f"{PROJECT}/wsgi.py", *words]
    output = folder / "output.txt"
    before, children = time.perf_counter(), os.times()
    with (
        output.open("w") as file,
        subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=file, stderr=file
        ) as process,
    ):
        while process.poll() is None:
            run.memory.append(_resident_megabytes(process.pid))
            time.sleep(POLL_SECONDS)
    run.seconds, after = time.perf_counter() - before, os.times()
    run.cpu_seconds = (
        after.children_user
        + after.children_system
        - children.children_user
        - children.children_system
    )
    run.said = output.read_text()
    if process.returncode:
        sys.exit(f"flask {' '.join(words)} failed:\n{run.said}")
    return run


def _resident_megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(kind: str, lines: int, *, confirmed: bool) -> list[tuple[str, Run]]:
    """Import the same file twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_file(folder / "readers.csv", lines)
        with database(kind, folder) as url:
            environment = {key: os.environ[key] for key in KEPT if key in os.environ} | {
                "DATABASE_URL": url,
                "REDIS_URL": "redis://127.0.0.1:6379/0",  # an import asks it for nothing
                "SECRET_KEY": "a-key-for-measuring-only-0123456789abcdef",
                "BASE_URL": "https://news.example.org",
                "LOG_LEVEL": "ERROR",
            }
            flask("db", "upgrade", environment=environment, folder=folder)
            details = ("--name", "News", "--from", "news@example.org")
            site = ("--site-url", "https://www.example.org")
            words = ("publications", "create", "news", *details, *site)
            flask(*words, environment=environment, folder=folder)
            words = ("subscribers", "import", f"{folder}/readers.csv", "--publication", "news")
            words += ("--confirmed", "--evidence", EVIDENCE) if confirmed else ("--yes",)
            return [
                (title, flask(*words, environment=environment, folder=folder))
                for title in ("first run", "the same again")
            ]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Import a large file of readers.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--unconfirmed", action="store_true", help="with confirmation letters")
    given = parser.parse_args()
    heads = ("seconds", "lines/s", "processor s", "MB early", "MB late", "MB peak")
    print(f"{given.lines:,} lines into {given.database}, command and start-up included")
    print(f"{'':16}" + "".join(f"{head:>13}" for head in heads))
    for title, run in measure(given.database, given.lines, confirmed=not given.unconfirmed):
        print(f"{title:16}" + "".join(f"{cell:>13}" for cell in run.cells(given.lines)))
        print(f"  {next((one for one in run.said.splitlines() if ' read: ' in one), run.said)}")


if __name__ == "__main__":
    main()
