"""Write the rows of an import: what is missing, in statements of many rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.import_readers import FileReader
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    LegalBasis,
    Letter,
    LetterKind,
    Source,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.suppress import hash_address


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


def subscriber_ids(readers: dict[str, FileReader]) -> dict[str, int]:
    """Return the ids of addresses that are known already."""
    statement = sa.select(Subscriber.email_key, Subscriber.id)
    rows = db.session.execute(statement.where(Subscriber.email_key.in_(readers)))
    return {row.email_key: row.id for row in rows}


def add_subscribers(readers: dict[str, FileReader], ids: dict[str, int], *, now: datetime) -> None:
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
        ids.update(subscriber_ids(missing))


def add_subscriptions(
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


def add_consent(
    readers: dict[str, FileReader], added: dict[str, int], plan: ImportPlan, *, now: datetime
) -> None:
    """Keep with each new subscription where it came from."""
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


def owe_letters(subscription_ids: Sequence[int], *, now: datetime) -> int:
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
    return {new[0]: new[1] for new in db.session.execute(insert, rows)}


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table
