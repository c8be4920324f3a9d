"""Store the slices of an import: one after the other, or in lanes side by side."""

import gc
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from newsletter.errors import NewsletterError, TemporaryError
from newsletter.extensions import db
from newsletter.subscriptions.bulk_import import (
    FileLine,
    Overtaken,
    SliceResult,
    import_slice,
    slices,
    sum_of,
)
from newsletter.subscriptions.import_lines import ReaderFile
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.import_share import WHOLE, Share
from newsletter.unit_of_work import unit_of_work

#: Processes at work: each keeps one processor busy, by turns its own and PostgreSQL's for it.
LANES = 2
#: A smaller file is stored before another process would pay.
SMALLEST_FILE = 1_000_000
#: A slice that somebody keeps overtaking so often is given up.
ATTEMPTS = 5

#: What came of a slice, and the bytes of the file that were read by then.
Stored = tuple[SliceResult, int]


class LaneEnded(TemporaryError):
    """A process of an import ended without a word, such as for want of memory."""


def stored(file: ReaderFile, *, plan: ImportPlan, now: datetime) -> Iterator[Stored]:
    """Store a file, and yield what came of each slice once it is committed.

    Raises:
        UnreadableFile: see `slices`.
        SQLAlchemyError, Overtaken, LaneEnded: a slice was not stored, those before were.
    """
    if db.engine.dialect.name == "postgresql" and file.size >= SMALLEST_FILE:
        return _side_by_side(file, plan, now)
    return _one_by_one(file, plan, now, WHOLE)


def _one_by_one(
    file: ReaderFile, plan: ImportPlan, now: datetime, share: Share
) -> Iterator[Stored]:
    """Read and store a slice after the other.

    Garbage is searched for between slices only, and among what a slice made: reading makes very
    many small objects, all of them wanted, and each some hundred would start one more search.
    """
    for lines in slices(file, plan=plan, now=now, share=share):
        yield _store(plan, lines, now), file.position
        gc.collect(1)


def _store(plan: ImportPlan, lines: Sequence[FileLine], now: datetime) -> SliceResult:
    for _ in range(ATTEMPTS - 1):
        try:
            return _try_to_store(plan, lines, now)
        except (IntegrityError, Overtaken):
            continue
    return _try_to_store(plan, lines, now)


def _try_to_store(plan: ImportPlan, lines: Sequence[FileLine], now: datetime) -> SliceResult:
    with unit_of_work():
        return import_slice(plan=plan, lines=lines, now=now)


# -- side by side --------------------------------------------------------------------------------


def _side_by_side(file: ReaderFile, plan: ImportPlan, now: datetime) -> Iterator[Stored]:
    """Let each lane read the whole file and store its share of the readers.

    Processes and not threads, of which only one at a time could read: lanes would wait for each
    other, and their answers from PostgreSQL too.
    """
    with _lanes(file, plan, now) as lanes:
        for results in zip(*(_received(lane) for lane in lanes), strict=True):
            yield sum_of([result for result, _ in results]), min(read for _, read in results)


def _received(lane: Connection) -> Iterator[Stored]:
    """Yield what a lane sends, and raise what it failed by."""
    while True:
        try:
            said = lane.recv()
        except EOFError:
            raise LaneEnded("A process of this import ended without a word.") from None
        if isinstance(said, Exception):
            raise said
        if said is None:
            return
        yield said


@contextmanager
def _lanes(file: ReaderFile, plan: ImportPlan, now: datetime) -> Iterator[list[Connection]]:
    """Run the lanes, and yield the end that each sends to; the block's end is theirs too."""
    db.session.remove()  # no lane may take over an open transaction
    fork = get_context("fork")
    with ExitStack() as stack:
        ends: list[Connection] = []
        for number in range(LANES):
            here, there = fork.Pipe(duplex=False)
            ends.append(here)
            work = (there, list(ends), file.path, plan, now, Share(number, LANES))
            lane = fork.Process(target=_lane, args=work, daemon=True)
            lane.start()
            there.close()  # else the end of the lane would not be the end of what it sends
            stack.callback(lane.join)
            stack.callback(lane.terminate)
            stack.callback(here.close)
        yield ends


def _lane(
    end: Connection,
    others: Sequence[Connection],
    path: Path,
    plan: ImportPlan,
    now: datetime,
    share: Share,
) -> None:
    """Store a share of a file in a process of its own, and send what comes of it."""
    for other in others:
        other.close()  # else we would not notice that nobody listens any more
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears it too, and ends us
    db.engine.dispose(close=False)  # these connections are the command's
    gone = suppress(BrokenPipeError)  # nobody listens any more: the command has ended
    with closing(end), gone, ReaderFile(path) as ours:
        try:
            for result in _one_by_one(ours, plan, now, share):
                end.send(result)
            end.send(None)
        except (SQLAlchemyError, NewsletterError) as error:
            end.send(error)
