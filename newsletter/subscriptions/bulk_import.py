"""Import readers in bulk: one slice, one transaction, a handful of statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import sqlalchemy as sa
import structlog

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.import_columns import find_columns
from newsletter.subscriptions.import_lines import ReaderFile, Refusal, UnreadableFile
from newsletter.subscriptions.import_readers import FileReader, RecordReader
from newsletter.subscriptions.import_rows import (
    ImportPlan,
    add_consent,
    add_subscribers,
    add_subscriptions,
    owe_letters,
    subscriber_ids,
)
from newsletter.subscriptions.models import (
    Letter,
    LetterState,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.signup import LETTER_LIMITS
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import hash_address

log = structlog.get_logger()

#: Readers of one transaction.
SLICE = 1_000

_SUPPRESSED = {
    SuppressionReason.HARD_BOUNCE: "suppressed: mail to this address bounced",
    SuppressionReason.SOFT_BOUNCES: "suppressed: mail to this address bounced again and again",
    SuppressionReason.COMPLAINT: "suppressed: this reader reported a mail as spam",
    SuppressionReason.MANUAL: "suppressed by staff",
    SuppressionReason.ERASED: "erased at the reader's request",
}
_LEFT = "unsubscribed; an import brings nobody back"
_HAD_LETTERS = "had its share of confirmation letters; import it again in a day"


@dataclass(slots=True)
class SliceResult:
    """What came of one slice; `refusals` have one line each."""

    lines: int = 0
    added: int = 0
    there: int = 0
    letters: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def slices(
    file: ReaderFile, *, plan: ImportPlan, now: datetime
) -> Iterator[list[FileReader | Refusal]]:
    """Yield the lines of a file, read and checked, a slice at a time.

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
    reader = RecordReader(
        columns=columns,
        publication=db.session.get_one(Publication, plan.publication_id),
        cadence=plan.cadence,
        confirmed=plan.confirmed,
        now=now,
    )
    lines = (one if isinstance(one, Refusal) else reader.read(one) for one in records)
    ahead = [] if columns.named else [reader.read(first)]
    while slice_ := [*ahead, *islice(lines, SLICE - len(ahead))]:
        yield slice_
        ahead = []


def import_slice(
    *, plan: ImportPlan, lines: Sequence[FileReader | Refusal], now: datetime
) -> SliceResult:
    """Store the readers of one slice; one who is there already stays as she is."""
    result = SliceResult(lines=len(lines))
    result.refusals = [one for one in lines if isinstance(one, Refusal)]
    readers: dict[str, FileReader] = {}
    for one in lines:
        if isinstance(one, FileReader) and readers.setdefault(one.key, one) is not one:
            result.there += 1
    _refuse(readers, _suppressed(readers), result)
    ids = subscriber_ids(readers)
    _leave_known(readers, ids, plan, result)
    if not plan.confirmed:
        _refuse(readers, _had_letters(readers, ids, now=now), result)
    add_subscribers(readers, ids, now=now)
    added = add_subscriptions(readers, ids, plan, now=now)
    add_consent(readers, added, plan, now=now)
    if not plan.confirmed:
        result.letters = owe_letters(list(added.values()), now=now)
    result.added = len(added)
    result.there += len(readers) - len(added)
    result.refusals.sort(key=lambda refusal: refusal.line)
    log.info("slice_imported", added=result.added, refused=len(result.refusals))
    return result


def _refuse(readers: dict[str, FileReader], reasons: dict[str, str], result: SliceResult) -> None:
    for key, reason in reasons.items():
        reader = readers.pop(key)
        result.refusals.append(Refusal(reader.line, reader.email, reason))


def _suppressed(readers: dict[str, FileReader]) -> dict[str, str]:
    keys = {hash_address(reader.email): key for key, reader in readers.items()}
    statement = sa.select(Suppression.address_hash, Suppression.reason)
    rows = db.session.execute(statement.where(Suppression.address_hash.in_(keys)))
    return {keys[address_hash]: _SUPPRESSED[reason] for address_hash, reason in rows}


def _leave_known(
    readers: dict[str, FileReader], ids: dict[str, int], plan: ImportPlan, result: SliceResult
) -> None:
    """Take out who has a subscription already; who ended it is told of."""
    statement = sa.select(Subscription.subscriber_id, Subscription.state).where(
        Subscription.publication_id == plan.publication_id,
        Subscription.subscriber_id.in_(ids.values()),
    )
    states = {row.subscriber_id: row.state for row in db.session.execute(statement)}
    known = {key: states[number] for key, number in ids.items() if number in states}
    left = [key for key, state in known.items() if state is SubscriptionState.UNSUBSCRIBED]
    _refuse(readers, dict.fromkeys(left, _LEFT), result)
    for key in known.keys() - set(left):
        del readers[key]
        result.there += 1


def _had_letters(
    readers: dict[str, FileReader], ids: dict[str, int], *, now: datetime
) -> dict[str, str]:
    """Find readers of other publications who had as many letters as a form may cause."""
    keys = {number: key for key, number in ids.items() if key in readers}
    letters = (
        sa.select(Subscription.subscriber_id)
        .join(Letter, Letter.subscription_id == Subscription.id)
        .where(Subscription.subscriber_id.in_(keys))
        .where(Letter.state.in_([LetterState.QUEUED, LetterState.SENT]))
        .group_by(Subscription.subscriber_id)
    )
    full: set[int] = set()
    for within, most in LETTER_LIMITS:
        recent = letters.where(Letter.requested_at > now - within)
        full.update(db.session.scalars(recent.having(sa.func.count() >= most)))
    return {keys[number]: _HAD_LETTERS for number in full}
