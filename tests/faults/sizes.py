"""How large the faults are: short by default, whole by `make faults`, each by environment."""

import os

import pytest

#: `make faults` sets it; without it each test runs in its short form.
WHOLE = bool(os.environ.get("FAULT_WHOLE"))

#: Deliveries of one digest.
READERS = int(os.environ.get("FAULT_READERS") or (20_000 if WHOLE else 1_000))

#: Batches of a digest that the tests fan out themselves: enough for four worker processes.
BATCHES = 16

#: Pool processes of a worker.
PROCESSES = int(os.environ.get("FAULT_PROCESSES") or 4)

#: Connections to the mail server that each of them may hold.
CONNECTIONS = int(os.environ.get("FAULT_CONNECTIONS") or 3)

#: The great show: deliveries, kills of the worker, emptied queues.
SHOW_READERS = int(os.environ.get("FAULT_SHOW_READERS") or (100_000 if WHOLE else 10_000))
SHOW_KILLS = int(os.environ.get("FAULT_SHOW_KILLS") or (20 if WHOLE else 2))
SHOW_FLUSHES = int(os.environ.get("FAULT_SHOW_FLUSHES") or (5 if WHOLE else 1))

#: Readers who leave while a digest runs: deliveries, and leavers.
LEAVE_READERS = int(os.environ.get("FAULT_LEAVE_READERS") or (100_000 if WHOLE else 2_000))
LEAVERS = int(os.environ.get("FAULT_LEAVERS") or (600 if WHOLE else 40))

#: Seconds that any single thing may take; others share the processors.
PATIENCE_SECONDS = 180.0

takes_minutes = pytest.mark.skipif(not WHOLE, reason="takes minutes: make faults")


def rounds(whole: int, short: int = 2) -> int:
    """Return how often a fault is repeated."""
    return int(os.environ.get("FAULT_ROUNDS") or (whole if WHOLE else short))


def seconds(whole: float, short: float) -> float:
    """Return how long a fault lasts."""
    return float(os.environ.get("FAULT_SECONDS") or (whole if WHOLE else short))
