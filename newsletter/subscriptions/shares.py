"""Shares: how many letters strangers may cause to one address, from however many networks.

They can type it into the signup, and as a new address of their own into a change of address.
"""

from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.database import BigId, UtcDateTime
from newsletter.extensions import db
from newsletter.subscriptions.gate_models import LetterShare
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.spellings import spelling_hash

#: How many letters one address may get: (within, at most).
LETTER_LIMITS = ((timedelta(hours=24), 1), (timedelta(days=30), 3))
(_DAY, _), (_MONTH, _) = LETTER_LIMITS
#: Those that count: what a reader asked for with a link of her own is limited elsewhere.
SIGNUP_LETTERS = (LetterKind.CONFIRMATION, LetterKind.ALREADY_CONFIRMED)


def take_share(*, subscriber: Subscriber, now: datetime) -> bool:
    """Note one more letter to a reader if she may get one; say whether she may.

    Letters of this very address count too; an import causes some.
    """
    return _take(subscriber.email, now=now, subscriber_id=subscriber.id)


def take_share_of(*, address: str, now: datetime) -> bool:
    """Note one more letter to an address if it may get one; say whether it may."""
    return _take(address, now=now, subscriber_id=None)


def _take(address: str, *, now: datetime, subscriber_id: int | None) -> bool:
    """Judge and note in one statement.

    Of signups and changes of address at the same moment, by whatever spelling, one takes the
    share and the others find it taken.
    """
    values = {
        "spelling_hash": spelling_hash(address),
        "now": now,
        "day_ago": now - _DAY,
        "month_ago": now - _MONTH,
        "subscriber_id": subscriber_id,
    }
    dialect = db.session.get_bind().dialect.name
    return db.session.scalar(_taking(dialect), values) is not None


@cache  # a signup would spend as long on writing the statement as on having it executed
def _taking(dialect: str) -> sa.Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table = db.metadata.tables[LetterShare.__tablename__]
    row, now = table.c, sa.bindparam("now", type_=UtcDateTime())
    day_ago = sa.bindparam("day_ago", type_=UtcDateTime())
    month_ago = sa.bindparam("month_ago", type_=UtcDateTime())
    share = sa.select(sa.bindparam("spelling_hash", type_=sa.String()), now)
    return (
        insert(table)
        .from_select(["spelling_hash", "latest_at"], share.where(_has_room(day_ago, month_ago)))
        .on_conflict_do_update(
            index_elements=["spelling_hash"],
            set_={"latest_at": now, "second_at": row.latest_at, "third_at": row.second_at},
            where=sa.and_(
                row.latest_at <= day_ago,
                sa.or_(row.third_at.is_(None), row.third_at <= month_ago),
            ),
        )
        .returning(row.id)
    )


def give_back_share(*, subscription: Subscription) -> None:
    """Let the letter by which a reader just confirmed not count: no stranger caused it.

    So she can subscribe to another publication on the same day. Each letter that is given back
    was answered out of her own mailbox, so that strangers gain at most as many as she confirms.
    """
    asked_at = db.session.scalar(
        sa.select(sa.func.max(Letter.requested_at)).where(
            Letter.subscription_id == subscription.id, Letter.kind == LetterKind.CONFIRMATION
        )
    )
    spelling = spelling_hash(subscription.subscriber.email)
    row = db.session.scalar(
        sa.select(LetterShare).where(LetterShare.spelling_hash == spelling).with_for_update()
    )
    if row is None:
        return
    moments = (row.latest_at, row.second_at, row.third_at)
    others = [moment for moment in moments if moment not in (None, asked_at)]
    if not others:
        db.session.delete(row)
        return
    row.latest_at = others[0]
    row.second_at, row.third_at = (*others[1:], None, None)[:2]


def forget_old_shares(*, now: datetime) -> int:
    """Delete the shares that keep nobody from a letter any more; return how many there were."""
    old = sa.delete(LetterShare).where(LetterShare.latest_at <= now - _MONTH)
    result = db.session.execute(old.execution_options(synchronize_session=False))
    return result.rowcount  # type: ignore[attr-defined, no-any-return]


def _has_room(*since: sa.BindParameter[datetime]) -> sa.ScalarSelect[bool]:
    """Whether letters to this very address fill none of its limits.

    One by which she confirmed does not count, as in `give_back_share`.
    """
    answered = sa.and_(
        Letter.kind == LetterKind.CONFIRMATION,
        sa.func.coalesce(Subscription.confirmed_at >= Letter.requested_at, sa.false()),
    )
    fewer = [
        sa.func.count().filter(Letter.requested_at > moment) < most
        for moment, (_, most) in zip(since, LETTER_LIMITS, strict=True)
    ]
    return (
        sa.select(sa.and_(*fewer))
        .select_from(Letter)
        .join(Subscription, Letter.subscription_id == Subscription.id)
        .where(Subscription.subscriber_id == sa.bindparam("subscriber_id", type_=BigId))
        .where(Letter.state.in_([LetterState.QUEUED, LetterState.SENT]))
        .where(Letter.kind.in_(SIGNUP_LETTERS), ~answered)
        .scalar_subquery()
    )
