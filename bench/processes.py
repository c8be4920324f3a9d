"""The processes of a measure by what they are, and the memory each kind has for itself."""

import os
import re
from collections import defaultdict
from pathlib import Path

#: The first pattern found in a command line names its kind.
KINDS = (
    ("web", re.compile(r"\bgunicorn\b")),
    ("worker for digests", re.compile(r"\bcelery\b.* digests@")),
    ("worker for letters", re.compile(r"\bcelery\b.* letters@")),
    ("scheduler", re.compile(r"\bcelery\b.* beat\b")),
    ("PostgreSQL", re.compile(r"^postgres\b|/postgres\b")),
    ("Redis", re.compile(r"\b(redis|valkey)-server\b")),
)


def memory_by_kind() -> dict[str, list[float]]:
    """Return the memory in MB of every process below this one, the largest of a kind first.

    It is the proportional set size: what processes share counts once among them all.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for process in _descendants(os.getpid()):
        command = _command(process)
        kind = next((name for name, pattern in KINDS if pattern.search(command)), None)
        if kind and (megabytes := _megabytes(process)):
            found[kind].append(megabytes)
    return {kind: sorted(sizes, reverse=True) for kind, sizes in found.items()}


def cpu_by_kind() -> dict[str, float]:
    """Return the processor seconds that the processes below this one have used, by kind."""
    found: dict[str, float] = defaultdict(float)
    for process in _descendants(os.getpid()):
        command = _command(process)
        kind = next((name for name, pattern in KINDS if pattern.search(command)), None)
        if kind:
            found[kind] += _cpu_seconds(process)
    return dict(found)


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        if parent := _parent(folder):
            children[parent].append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += below
    return found


def _parent(folder: Path) -> int:
    try:
        # The name in brackets may hold anything; what follows the last bracket does not.
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it is just ending
        return 0


def _command(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace").strip()


def _megabytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    sizes = [int(line.split()[1]) for line in lines if line.startswith("Pss:")]
    return sum(sizes) * 1024 / 1e6


def _cpu_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
