"""Import readers in bulk: one slice, one transaction, a handful of statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.import_columns import find_columns
from newsletter.subscriptions.import_lines import ReaderFile, Record, Refusal
from newsletter.subscriptions.import_readers import FileReader, RecordReader
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    LegalBasis,
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscriber,
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


class MissingEvidence(PermanentError):
    """Confirmed readers need to have confirmed somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import does with the readers it finds.

    Args:
        confirmed: they confirmed elsewhere; `evidence` says where and how.
        cadence: for lines that name none; the publication's own if None.
    """

    publication_id: int
    confirmed: bool = False
    evidence: str = ""
    cadence: Cadence | None = None

    def __post_init__(self) -> None:
        if self.confirmed and not self.evidence.strip():
            raise MissingEvidence(
                "Readers are imported as confirmed only with evidence: say where and how they "
                "confirmed."
            )


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
        UnreadableFile: the first line names no column of addresses.
    """
    records = iter(file)
    first = next(records, None)
    if first is None:
        return
    header = first if isinstance(first, Record) else Record(first.line, [])
    columns = find_columns(header)
    reader = RecordReader(
        columns=columns,
        publication=db.session.get_one(Publication, plan.publication_id),
        cadence=plan.cadence,
        confirmed=plan.confirmed,
        now=now,
    )
    lines = (one if isinstance(one, Refusal) else reader.read(one) for one in records)
    ahead = [] if columns.named else [reader.read(header)]
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
    ids = _subscriber_ids(readers)
    _leave_known(readers, ids, plan, result)
    if not plan.confirmed:
        _refuse(readers, _had_letters(readers, ids, now=now), result)
    _add_subscribers(readers, ids, now=now)
    added = _add_subscriptions(readers, ids, plan, now=now)
    _add_consent(readers, added, plan, now=now)
    if not plan.confirmed:
        result.letters = _owe_letters(list(added.values()), now=now)
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


def _subscriber_ids(readers: dict[str, FileReader]) -> dict[str, int]:
    statement = sa.select(Subscriber.email_key, Subscriber.id)
    rows = db.session.execute(statement.where(Subscriber.email_key.in_(readers))).tuples()
    return dict(rows.all())


def _leave_known(
    readers: dict[str, FileReader], ids: dict[str, int], plan: ImportPlan, result: SliceResult
) -> None:
    """Take out who has a subscription already; who ended it is told of."""
    statement = sa.select(Subscription.subscriber_id, Subscription.state).where(
        Subscription.publication_id == plan.publication_id,
        Subscription.subscriber_id.in_(ids.values()),
    )
    states = dict(db.session.execute(statement).tuples().all())
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


def _add_subscribers(readers: dict[str, FileReader], ids: dict[str, int], *, now: datetime) -> None:
    """Store the addresses that are new, and note the ids of all in `ids`."""
    rows = [
        {
            "email": reader.email,
            "email_key": key,
            "address_hash": hash_address(reader.email),
            "name": reader.name,
            "created_at": now,
        }
        for key, reader in readers.items()
        if key not in ids
    ]
    if rows:
        ids.update(_insert(Subscriber, rows, ["email_key"], Subscriber.email_key, Subscriber.id))
    missing = {key: reader for key, reader in readers.items() if key not in ids}
    if missing:  # somebody signed up with the address a moment ago
        ids.update(_subscriber_ids(missing))


def _add_subscriptions(
    readers: dict[str, FileReader], ids: dict[str, int], plan: ImportPlan, *, now: datetime
) -> dict[str, int]:
    """Store the subscriptions and return their ids by the reader's key."""
    publication = db.session.get_one(Publication, plan.publication_id)
    columns = _standing(plan, cursor=publication.last_position)
    rows = [
        {
            **columns,
            "subscriber_id": ids[key],
            "publication_id": plan.publication_id,
            "cadence": reader.cadence,
            "topics": reader.topics,
            "language": reader.language,
            "created_at": now,
            **_moments(reader, plan, now=now),
        }
        for key, reader in readers.items()
    ]
    if not rows:
        return {}
    unique = ["subscriber_id", "publication_id"]
    added = _insert(Subscription, rows, unique, Subscription.subscriber_id, Subscription.id)
    return {key: added[ids[key]] for key in readers if ids[key] in added}


def _standing(plan: ImportPlan, *, cursor: int) -> dict[str, Any]:
    """Return where the new subscriptions stand: after the newest article, if confirmed."""
    if not plan.confirmed:
        return {"state": SubscriptionState.PENDING, "legal_basis": LegalBasis.DOUBLE_OPT_IN}
    return {
        "state": SubscriptionState.CONFIRMED,
        "legal_basis": LegalBasis.IMPORTED_EVIDENCE,
        "cursor": cursor,
    }


def _moments(reader: FileReader, plan: ImportPlan, *, now: datetime) -> dict[str, Any]:
    """Return when she signed up and confirmed; an unconfirmed signup begins with the import.

    Its old date would make it look expired; it stays readable in the evidence.
    """
    if not plan.confirmed:
        return {"signed_up_at": now}
    confirmed_at = reader.confirmed_at or reader.signed_up_at or now
    return {"signed_up_at": reader.signed_up_at or confirmed_at, "confirmed_at": confirmed_at}


def _add_consent(
    readers: dict[str, FileReader], added: dict[str, int], plan: ImportPlan, *, now: datetime
) -> None:
    rows = [
        {
            "subscription_id": subscription_id,
            "step": ConsentStep.IMPORTED,
            "at": now,
            "source": Source.IMPORT,
            "detail": _evidence(readers[key], plan),
        }
        for key, subscription_id in added.items()
    ]
    if rows:
        db.session.execute(sa.insert(_table(ConsentEvent)), rows)


def _evidence(reader: FileReader, plan: ImportPlan) -> str:
    moments = {"Signed up": reader.signed_up_at, "Confirmed": reader.confirmed_at}
    told = [f"{word} {moment:%Y-%m-%d %H:%M} UTC." for word, moment in moments.items() if moment]
    return " ".join([plan.evidence.strip(), *told]).strip()


def _owe_letters(subscription_ids: Sequence[int], *, now: datetime) -> int:
    """Owe each a confirmation; the sweeper of letters sends them a few hundred at a time."""
    rows = [
        {
            "kind": LetterKind.CONFIRMATION,
            "subscription_id": subscription_id,
            "requested_at": now,
            "next_attempt_at": now,
        }
        for subscription_id in subscription_ids
    ]
    if rows:
        db.session.execute(sa.insert(_table(Letter)), rows)
    return len(rows)


def _insert(
    model: Any, rows: list[dict[str, Any]], unique: list[str], key: Any, value: Any
) -> dict[Any, Any]:
    """Insert what is missing in statements of many rows; return `value` by `key` of the new."""
    postgres = db.session.get_bind().dialect.name == "postgresql"
    insert: Any = (postgresql.insert if postgres else sqlite.insert)(_table(model))
    insert = insert.on_conflict_do_nothing(index_elements=unique).returning(key, value)
    return dict(db.session.execute(insert, rows).tuples().all())


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table
