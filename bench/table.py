"""What a measure found, as a table; and the ways to get fair figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Goal:
    """One line of the table of goals, with the figure beside it."""

    what: str
    goal: str
    measured: str
    met: bool | None  # None: this machine cannot tell


@dataclass(frozen=True)
class Finding:
    """The result of one measure."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def alternate(rounds: int, *sides: Callable[[], float]) -> list[list[float]]:
    """Run the sides in turns, so that whatever else the machine does meets all of them.

    Returns the figures of each side, one per round.
    """
    figures: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, found in zip(sides, figures, strict=True):
            found.append(side())
    return figures


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of figures that were taken in the same round."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def spread(figures: Sequence[float], digits: int = 0) -> str:
    """Return the median, and the range where there is one."""
    middle = f"{median(figures):,.{digits}f}"
    if len(figures) == 1:
        return middle
    return f"{middle} ({min(figures):,.{digits}f} – {max(figures):,.{digits}f})"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, its columns aligned for the eye."""
    cells = [list(columns), *[list(row) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def goals_table(goals: Sequence[Goal]) -> str:
    """Return the goals with their figures as a table in Markdown."""
    words = {True: "yes", False: "no", None: "cannot be told here"}
    rows = [(goal.what, goal.goal, goal.measured, words[goal.met]) for goal in goals]
    return markdown(("what", "goal", "measured", "met"), rows)


def section(finding: Finding) -> str:
    """Return a finding as a section in Markdown."""
    parts = [f"## {finding.title}", markdown(finding.columns, finding.rows)]
    if finding.notes:
        parts.append("\n".join(f"- {note}" for note in finding.notes))
    return "\n\n".join(parts) + "\n"
