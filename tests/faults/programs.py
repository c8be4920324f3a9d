"""Processes seen from outside: who belongs to whom, who is connected where; stop and kill them."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def descendants(process_id: int) -> list[int]:
    """Return every process below this one, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                # The name in parentheses may hold spaces; state and parent follow it.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [process_id]
    while left:
        below = children.get(left.pop(0), [])
        found += below
        left += below
    return found


def send_signal(process_ids: list[int], number: signal.Signals) -> None:
    """Send a signal to each process that is still there."""
    for process_id in process_ids:
        with suppress(ProcessLookupError):
            os.kill(process_id, number)


def connections_to(port: int, process_ids: list[int]) -> int:
    """Count the connections that these processes hold to a port of loopback."""
    to_port = _sockets_to(port)
    return sum(len(_sockets_of(process_id) & to_port) for process_id in process_ids)


def memory_megabytes(process_id: int) -> float:
    """Return the resident memory of a process; 0 once it is gone."""
    with suppress(OSError, IndexError):
        pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def _sockets_to(port: int) -> set[str]:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = (line.split() for line in lines)
    return {row[9] for row in rows if int(row[2].rpartition(":")[2], 16) == port and row[9] != "0"}


def _sockets_of(process_id: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for entry in Path(f"/proc/{process_id}/fd").iterdir():
            with suppress(OSError):
                target = os.readlink(entry)
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found
