"""Import readers in bulk: one slice, one transaction, a handful of statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from operator import attrgetter

import structlog

from newsletter.errors import TemporaryError
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions import import_rows as rows
from newsletter.subscriptions.import_columns import find_columns
from newsletter.subscriptions.import_keys import hold_keys
from newsletter.subscriptions.import_lines import ReaderFile, Refusal, UnreadableFile
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.import_readers import FileReader, RecordReader
from newsletter.subscriptions.import_share import WHOLE, Share
from newsletter.subscriptions.import_stage import staged
from newsletter.subscriptions.models import SubscriptionState
from newsletter.suppressions.models import SuppressionReason

log = structlog.get_logger()

#: Readers of one transaction.
SLICE = 25_000

#: The order of storing: two imports at once do not wait for each other in a ring.
_KEY = attrgetter("email_key")

_SENTENCES: dict[str, str] = {
    SuppressionReason.HARD_BOUNCE: "suppressed: mail to this address bounced",
    SuppressionReason.SOFT_BOUNCES: "suppressed: mail to this address bounced again and again",
    SuppressionReason.COMPLAINT: "suppressed: this reader reported a mail as spam",
    SuppressionReason.MANUAL: "suppressed by staff",
    SuppressionReason.ERASED: "erased at the reader's request",
    SubscriptionState.UNSUBSCRIBED: "unsubscribed; an import brings nobody back",
    rows.HAD_LETTERS: "had its share of confirmation letters; import it again in a day",
}

#: What a line of the file says.
FileLine = FileReader | Refusal


class Overtaken(TemporaryError):
    """Somebody signed up, or was erased, between two steps: store the slice once more."""


@dataclass(slots=True)
class SliceResult:
    """What came of one slice; `refusals` have one line each."""

    lines: int = 0
    added: int = 0
    there: int = 0
    letters: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def slices(
    file: ReaderFile, *, plan: ImportPlan, now: datetime, share: Share = WHOLE
) -> Iterator[list[FileLine]]:
    """Yield the lines of a file, read and checked, a slice at a time.

    Slices are counted by the lines of the file, so those of different shares end at the same line.

    Raises:
        UnreadableFile: the first line cannot be read, or names no column of addresses.
    """
    records = iter(file)
    first = next(records, None)
    if first is None:
        return
    if isinstance(first, Refusal):
        raise UnreadableFile(f"The first line cannot be read: {first.reason}.")
    columns = find_columns(first)
    if not columns.named:
        records = chain([first], records)
    reader = RecordReader(
        columns=columns,
        publication=db.session.get_one(Publication, plan.publication_id),
        plan=plan,
        now=now,
        share=share,
    )
    for begin in records:
        yield list(reader.read_all(chain([begin], islice(records, SLICE - 1))))


def sum_of(results: Sequence[SliceResult]) -> SliceResult:
    """Return what came of a slice by what came of its parts."""
    return SliceResult(
        lines=sum(one.lines for one in results),
        added=sum(one.added for one in results),
        there=sum(one.there for one in results),
        letters=sum(one.letters for one in results),
        refusals=sorted(refusal for one in results for refusal in one.refusals),
    )


def import_slice(*, plan: ImportPlan, lines: Sequence[FileLine], now: datetime) -> SliceResult:
    """Store the readers of one slice; one who is there already stays as she is.

    Raises:
        Overtaken, IntegrityError: another transaction came between; nothing may be kept of this
            one, and the next will meet what that one left.
    """
    result = SliceResult(lines=len(lines))
    result.refusals = [one for one in lines if isinstance(one, Refusal)]
    readers = [one for one in lines if isinstance(one, FileReader)]
    first = {reader.email_key: reader for reader in reversed(readers)}
    verdicts: dict[str, str] = {}
    if first:
        held = hold_keys(plan)
        with staged(sorted(first.values(), key=_KEY)):
            result.added, verdicts = _store(plan, len(first), now=now, all_or_none=held)
    if not plan.confirmed:
        result.letters = result.added
    refused = [
        _refusal(one, verdicts[one.email_key]) for one in readers if one.email_key in verdicts
    ]
    result.refusals = sorted(result.refusals + refused)
    result.there = len(readers) - len(refused) - result.added
    log.info("slice_imported", added=result.added, refused=len(result.refusals))
    return result


def _store(
    plan: ImportPlan, waiting: int, *, now: datetime, all_or_none: bool
) -> tuple[int, dict[str, str]]:
    """Store who waits in the temporary table and leave the new ones there.

    Returns how many were new, and the verdicts on those who are refused, by key.
    """
    verdicts: dict[str, str] = {}

    def take_out() -> int:
        count, told = rows.take_out_judged()
        verdicts.update(told)
        return count

    if rows.judge_suppressed():
        waiting -= take_out()
    known = rows.find_known()
    new = waiting - known
    if known:
        rows.judge_known(plan)
        if not plan.confirmed:
            rows.judge_letters(now=now)
        known -= take_out()
    if known:
        rows.lock_known()
        rows.judge_known(plan)  # somebody may have signed up before she was locked
        take_out()
    if rows.add_subscribers(now=now, all_or_none=all_or_none) < new:
        raise Overtaken("Somebody signed up with an address of this slice meanwhile.")
    rows.add_hours()
    added = rows.add_subscriptions(plan, now=now)
    rows.add_consent(now=now)
    if not plan.confirmed:
        rows.owe_letters(now=now)
    return added, verdicts


def _refusal(reader: FileReader, verdict: str) -> Refusal:
    return Refusal(reader.line, reader.email, _SENTENCES[verdict])
