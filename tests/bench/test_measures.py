"""Each measure runs at a tiny size and fills its table; the figures themselves are not judged."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measures import MEASURES
from bench.programs import find_program
from newsletter import PROJECT_DIR

#: Title, columns and least rows of each section.
SHAPES = {
    "Whole path": (5, 2),
    "A relay 50 ms away": (3, 3),
    "Where the worker's processor time goes": (3, 3),
    "Two workers against one": (4, 1),
    "Parts": (3, 16),
    "Fan-out": (3, 3),
    "Variants": (5, 3),
    "Cost and memory from few readers to many": (6, 2),
    "The memory of every process over one digest": (9, 6),
    "Confirmation mails while a digest runs": (5, 3),
    "Bulk import": (7, 4),
    "The pages under load": (8, 4),
    "The time of a signup by what we know of the address": (5, 4),
}
GOALS = 24
SECONDS = 900
NEEDED = ("smtp-source", "redis-server", "setpriv")


def table_after(heading: str, text: str) -> list[list[str]]:
    """Return the cells of the first table after a heading, its header first."""
    rest = text.split(f"{heading}\n", 1)[1].lstrip("\n")
    lines = rest.split("\n\n", 1)[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture(scope="module")
def said() -> str:
    """What all measures print, run once in a process of their own."""
    missing = [name for name in NEEDED if find_program(name) is None]
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not shutil.which("initdb"):
        missing.append("PostgreSQL")
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    chosen = [option for name in MEASURES for option in ("--only", name)]
    ran = subprocess.run(
        [sys.executable, "-m", "bench", *chosen, "--size", "40", "--rounds", "1"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr[-3000:]  # 1: a goal is missed, as it may be here
    return ran.stdout


@pytest.mark.parametrize("title", SHAPES)
def test_a_measure_fills_its_table(said: str, title: str) -> None:
    columns, rows = SHAPES[title]
    table = table_after(f"## {title}", said)
    assert {len(row) for row in table} == {columns}
    assert len(table) >= 2 + rows  # with the header and the line below it
    assert all(re.search(r"\d", "".join(row[1:])) for row in table[2:])


def test_every_goal_has_its_figure_beside_it(said: str) -> None:
    goals = said[said.rindex("| what ") :].strip().splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in goals]
    assert len(cells) == GOALS
    assert "could not be measured" not in said
    for _, goal, measured, met in cells:
        assert goal
        assert re.search(r"\d", measured)
        assert met in ("yes", "no", "cannot be told here")
