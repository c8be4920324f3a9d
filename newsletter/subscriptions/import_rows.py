"""Store the readers that stand in the temporary table: each step is one statement for all."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.import_stage import STAGE
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    LegalBasis,
    Letter,
    LetterKind,
    LetterState,
    ReaderHours,
    Source,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.shares import LETTER_LIMITS, SIGNUP_LETTERS
from newsletter.suppressions.models import Suppression

#: No object of these rows is at hand; the count of an INSERT is dropped unless asked for.
_OPTIONS = {"synchronize_session": False, "preserve_rowcount": True}

#: The verdict on a reader of another publication who had as many letters as a form may cause.
HAD_LETTERS = "had_letters"
#: Verdicts on readers who stay as they are, without a word.
_THERE = (SubscriptionState.PENDING.value, SubscriptionState.CONFIRMED.value)


# Each judgement looks up one row at a time by the one index that fits; other conditions stand in
# a FILTER. PostgreSQL's statistics lag far behind an import: given a choice it joined whole tables,
# or read every subscription of the publication for every reader.


def judge_suppressed() -> int:
    """Note the reason of each suppressed address; return how many there are."""
    reason = sa.select(sa.cast(Suppression.reason, sa.Text)).where(
        Suppression.address_hash == STAGE.c.address_hash
    )
    found = reason.scalar_subquery()
    return _run(sa.update(STAGE).values(verdict=found).where(found.is_not(None)))


def find_known() -> int:
    """Find the readers whose addresses are there already; return how many are."""
    hers = sa.select(Subscriber.id).where(Subscriber.email_key == STAGE.c.email_key)
    found = hers.correlate(STAGE).scalar_subquery()
    return _run(sa.update(STAGE).values(known=True, subscriber_id=found).where(found.is_not(None)))


def lock_known() -> None:
    """Lock the known readers who still wait.

    They stay, and nobody else gives them a subscription meanwhile: its key asks for the same lock.
    Whoever was erased a moment ago ends the transaction.
    """
    there = sa.select(Subscriber.id).where(Subscriber.id == STAGE.c.subscriber_id)
    locked = there.with_for_update().correlate(STAGE).scalar_subquery()
    _run(sa.update(STAGE).values(subscriber_id=locked).where(STAGE.c.known))


def judge_known(plan: ImportPlan) -> None:
    """Note the state of the subscriptions that were there already: only who is known has one."""
    here = Subscription.publication_id == plan.publication_id
    state = sa.func.max(sa.cast(Subscription.state, sa.Text)).filter(here)
    there = sa.select(state).where(Subscription.subscriber_id == STAGE.c.subscriber_id)
    verdict = there.correlate(STAGE).scalar_subquery()
    _run(sa.update(STAGE).values(verdict=verdict).where(STAGE.c.known))


def judge_letters(*, now: datetime) -> None:
    """Note who had as many letters as a form may cause."""
    counts = sa.and_(
        Letter.state.in_([LetterState.QUEUED, LetterState.SENT]), Letter.kind.in_(SIGNUP_LETTERS)
    )
    full = [
        sa.select(sa.func.count().filter(counts, Letter.requested_at > now - within))
        .select_from(Subscription)
        .join(Letter, Letter.subscription_id == Subscription.id)
        .where(Subscription.subscriber_id == STAGE.c.subscriber_id)
        .correlate(STAGE)
        .scalar_subquery()
        >= most
        for within, most in LETTER_LIMITS
    ]
    mark = sa.update(STAGE).values(verdict=HAD_LETTERS)
    _run(mark.where(STAGE.c.known, STAGE.c.verdict.is_(None), sa.or_(*full)))


def take_out_judged() -> tuple[int, dict[str, str]]:
    """Take out who got a verdict: how many, and by key the verdicts that the report is told."""
    judged = STAGE.c.verdict.is_not(None)
    told = sa.select(STAGE.c.email_key, STAGE.c.verdict)
    rows = db.session.execute(told.where(judged, STAGE.c.verdict.not_in(_THERE)))
    verdicts = {row.email_key: row.verdict for row in rows}
    return _run(sa.delete(STAGE).where(judged)), verdicts


def add_subscribers(*, now: datetime, all_or_none: bool) -> int:
    """Store the addresses that were not found; return how many are stored.

    Args:
        all_or_none: an address that somebody else just brought ends the transaction, instead of
            being left out; not having to look for it saves PostgreSQL a third of the work.
    """
    columns = {
        "id": STAGE.c.subscriber_id,
        "email": STAGE.c.email,
        "email_key": STAGE.c.email_key,
        "address_hash": STAGE.c.address_hash,
        "name": STAGE.c.name,
        "created_at": _moment(now),
    }
    # In the order of the keys, so that two imports at once cannot wait for each other in a ring.
    new = sa.select(*columns.values()).where(STAGE.c.known.is_(None)).order_by(STAGE.c.email_key)
    insert = _insert_of(Subscriber).from_select(list(columns), new)
    if not all_or_none:
        insert = insert.on_conflict_do_nothing(index_elements=["email_key"])
    return _run(insert)


def add_hours() -> None:
    """Store the hours that readers have and nobody had before."""
    wanted = [STAGE.c.send_at, STAGE.c.time_zone]
    # In one order, so that two imports at once cannot wait for each other in a ring.
    rows = sa.select(*wanted).where(STAGE.c.send_at.is_not(None)).distinct().order_by(*wanted)
    insert = _insert_of(ReaderHours).from_select(["send_at", "time_zone"], rows)
    _run(insert.on_conflict_do_nothing(index_elements=["send_at", "time_zone"]))


def add_subscriptions(plan: ImportPlan, *, now: datetime) -> int:
    """Store a subscription for everybody who still waits; return how many those are.

    Hours of a reader's own count at once: no digest of the publication's hour was hers before.
    """
    own = sa.select(ReaderHours.id).where(
        ReaderHours.send_at == STAGE.c.send_at, ReaderHours.time_zone == STAGE.c.time_zone
    )
    columns = {
        "id": STAGE.c.subscription_id,
        "subscriber_id": STAGE.c.subscriber_id,
        "publication_id": sa.literal(plan.publication_id),
        "cadence": STAGE.c.cadence,
        "topics": STAGE.c.topics,
        "language": STAGE.c.language,
        "hours_id": own.correlate(STAGE).scalar_subquery(),
        "hours_from": sa.case((STAGE.c.send_at.is_not(None), _moment(now))),
        "paused_until": STAGE.c.paused_until,
        "created_at": _moment(now),
        **(_confirmed(plan, now=now) if plan.confirmed else _pending(now=now)),
    }
    return _insert(Subscription, columns)


def _confirmed(plan: ImportPlan, *, now: datetime) -> dict[str, Any]:
    """Return where confirmed readers stand: after the newest article, nothing old is mailed."""
    newest = sa.select(Publication.last_position).where(Publication.id == plan.publication_id)
    confirmed_at = sa.func.coalesce(STAGE.c.confirmed_at, STAGE.c.signed_up_at, _moment(now))
    return {
        "state": sa.literal(SubscriptionState.CONFIRMED.value),
        "legal_basis": sa.literal(plan.legal_basis.value),
        "cursor": newest.scalar_subquery(),
        "signed_up_at": sa.func.coalesce(STAGE.c.signed_up_at, confirmed_at),
        "confirmed_at": confirmed_at,
    }


def _pending(*, now: datetime) -> dict[str, Any]:
    """Return where unconfirmed readers stand: their signup begins with the import.

    Its old date would make it look expired; it stays readable in the evidence.
    """
    return {
        "state": sa.literal(SubscriptionState.PENDING.value),
        "legal_basis": sa.literal(LegalBasis.DOUBLE_OPT_IN.value),
        "signed_up_at": _moment(now),
    }


def add_consent(*, now: datetime) -> None:
    """Keep with each new subscription where it came from."""
    columns = {
        "subscription_id": STAGE.c.subscription_id,
        "step": sa.literal(ConsentStep.IMPORTED.value),
        "at": _moment(now),
        "source": sa.literal(Source.IMPORT.value),
        "detail": STAGE.c.evidence,
    }
    _insert(ConsentEvent, columns)


def owe_letters(*, now: datetime) -> None:
    """Owe each a confirmation; the sweeper of letters sends them a few hundred at a time."""
    columns = {
        "kind": sa.literal(LetterKind.CONFIRMATION.value),
        "subscription_id": STAGE.c.subscription_id,
        "requested_at": _moment(now),
        "next_attempt_at": _moment(now),
    }
    _insert(Letter, columns)


def _moment(now: datetime) -> Any:
    return sa.literal(now, STAGE.c.signed_up_at.type)


def _insert(model: Any, columns: dict[str, Any]) -> int:
    """Insert a row for each in the table, defaults of the model included; return how many.

    In no order: the readers are new or locked, so nobody else waits for these rows.
    """
    rows = sa.select(*columns.values())
    return _run(_insert_of(model).from_select(list(columns), rows))


def _insert_of(model: Any) -> Any:
    postgres = db.session.get_bind().dialect.name == "postgresql"
    return (postgresql.insert if postgres else sqlite.insert)(model.__table__)


def _run(statement: Any) -> int:
    """Execute a statement and return how many rows it touched."""
    result: Any = db.session.execute(statement, execution_options=_OPTIONS)
    return int(result.rowcount)
