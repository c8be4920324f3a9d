"""Run the measures: `python -m bench [--only NAME] [--size N] [--rounds N]`, or `make bench`.

All of them at their usual size write RESULTS.md; a part of them is only shown.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.measures import MEASURES, Measure
from bench.programs import CannotMeasure
from bench.services import Services, services
from bench.table import Finding, Goal, goals_table, section

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    """Measure what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=MEASURES, action="append", help="may be repeated")
    parser.add_argument("--size", type=int, help="readers, or whatever the measure counts")
    parser.add_argument("--rounds", type=int)
    asked = parser.parse_args()
    whole = not (asked.only or asked.size or asked.rounds)
    names = asked.only or list(MEASURES)
    findings: list[Finding] = []
    try:
        with services() as servers:
            head = _head(servers)
            for name in names:
                findings.append(_run(name, MEASURES[name], servers, asked.size, asked.rounds))
                if whole:
                    RESULTS.write_text(_page(head, findings))
    except CannotMeasure as error:
        print(f"Cannot measure: {error}", file=sys.stderr)
        return 2
    print(goals_table(_goals(findings)))
    return 0 if all(goal.met is not False for goal in _goals(findings)) else 1


def _run(
    name: str, measure: Measure, servers: Services, size: int | None, rounds: int | None
) -> Finding:
    """Run one measure and show its table; a measure that fails does not stop the others."""
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        finding = measure.run(servers, size=size or measure.size, rounds=rounds or measure.rounds)
    except CannotMeasure as error:
        missed = Goal(name, "", f"could not be measured: {error}", None)
        finding = Finding(name, ("problem",), [(str(error),)], goals=[missed])
    print(section(finding), flush=True)
    return finding


def _goals(findings: list[Finding]) -> list[Goal]:
    return [goal for finding in findings for goal in finding.goals]


def _head(servers: Services) -> str:
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {machine.commit()}",
        *machine.describe(servers),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _page(head: str, findings: list[Finding]) -> str:
    parts = [
        "# Measured",
        "Written by `make bench`; both sides of every ratio ran in turns in this one run. "
        "Figures are medians, with the range in brackets.",
        head,
        goals_table(_goals(findings)),
        *[section(finding).rstrip() for finding in findings],
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
