"""Import of a large file, where `bench/bulk_import.py` measures it."""

import importlib
import os
from importlib.util import find_spec

from bench.services import Services
from bench.table import Finding, Goal

MOST_SECONDS = {"postgresql": 20.0, "sqlite": 60.0}
GOAL_SIZE = 1_000_000
PROGRAM = "bench.bulk_import"


def is_present() -> bool:
    """Whether the program is part of this checkout."""
    return find_spec(PROGRAM) is not None


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Import a file of so many lines into each database; the figure is the first run's."""
    program = importlib.import_module(PROGRAM)
    os.environ["BENCH_DATABASE_URL"] = services.server_url
    rows: list[list[str]] = []
    goals: list[Goal] = []
    for kind, most in MOST_SECONDS.items():
        seconds: list[float] = []
        for _ in range(rounds):
            runs = program.measure(kind, size, confirmed=True)
            rows += [[kind, title, *run.cells(size)] for title, run in runs]
            seconds.append(runs[0][1].seconds)
        middle = sorted(seconds)[len(seconds) // 2]
        goals.append(
            Goal(
                f"import of {size:,} lines, {kind}",
                f"≤ {most:.0f} s for {GOAL_SIZE:,}",
                f"{middle:.1f} s",
                middle <= most if size >= GOAL_SIZE else None,
            )
        )
    heads = ("seconds", "lines/s", "processor s", "MB early", "MB late", "MB peak")
    return Finding("Bulk import", ("database", "run", *heads), rows, goals)
