"""Store the slices of an import: one after the other, or in lanes side by side."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial

from flask import Flask, current_app

from newsletter.extensions import db
from newsletter.subscriptions.bulk_import import (
    FileLine,
    SliceResult,
    divided_by_reader,
    import_slice,
    sum_of,
)
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.unit_of_work import unit_of_work

#: PostgreSQL works for each connection on one processor; a third would wait for our own.
LANES = 2
#: A smaller file is stored before threads would pay.
SMALLEST_FILE = 1_000_000
#: Seconds for which reading keeps a lane waiting that has its answer; Python's own is ten times
#: as long, and a slice has some hundred answers to wait for.
_SWITCH_SECONDS = 0.0005

Slices = Iterable[Sequence[FileLine]]
Store = Callable[[Sequence[FileLine]], SliceResult]


def stored(slices: Slices, *, plan: ImportPlan, size: int, now: datetime) -> Iterator[SliceResult]:
    """Yield what came of each slice once it is committed; `size` is that of the file in bytes."""
    store = partial(_store, plan, now)
    if db.engine.dialect.name == "postgresql" and size >= SMALLEST_FILE:
        return _side_by_side(slices, _in_thread(store))
    return map(store, slices)


def _store(plan: ImportPlan, now: datetime, lines: Sequence[FileLine]) -> SliceResult:
    with unit_of_work():
        return import_slice(plan=plan, lines=lines, now=now)


def _in_thread(store: Store) -> Store:
    """Return `store` for other threads, where it has a session of its own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def inside(lines: Sequence[FileLine]) -> SliceResult:
        with app.app_context():
            return store(lines)

    return inside


def _side_by_side(slices: Slices, store: Store) -> Iterator[SliceResult]:
    """Read a slice while the lanes store the one before.

    All lines of one reader go by the same lane, so the first of them still wins.
    """
    with _lanes() as lanes:
        waiting: deque[list[Future[SliceResult]]] = deque()
        for lines in slices:
            db.session.rollback()  # nothing read here stays open beside the lanes
            parts = divided_by_reader(lines, LANES)
            waiting.append(
                [one.submit(store, part) for one, part in zip(lanes, parts, strict=True)]
            )
            if len(waiting) > 1:
                yield sum_of([part.result() for part in waiting.popleft()])
        for parts_stored in waiting:
            yield sum_of([part.result() for part in parts_stored])


@contextmanager
def _lanes() -> Iterator[list[ThreadPoolExecutor]]:
    """Yield one thread for each lane; what is not begun when the block fails is dropped."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, usual)
        lanes = [ThreadPoolExecutor(1, f"import-{number}") for number in range(LANES)]
        for lane in lanes:
            stack.callback(lane.shutdown, cancel_futures=True)
        yield lanes
