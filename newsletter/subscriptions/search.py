"""Find readers among a million: filters, address search, pages that stay fast.

Every page is read from an index: without a search, each state and cadence is one range of
`ix_subscriptions_audience`; with one, the addresses that begin with it are one range of
`email_key`. Nothing is skipped over, so the thousandth page costs what the first does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState

PAGE_SIZE = 50
#: A search is counted up to here; beyond, "more than" is the honest answer.
COUNTED_UPTO = 1000


@dataclass(frozen=True, slots=True)
class ReaderFilter:
    """Which readers of one publication, by age; a search goes by address."""

    publication_id: int
    address: str = ""  # what the address begins with
    state: SubscriptionState | None = None
    cadence: Cadence | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """One page of readers, and where the next one begins (empty: this is the last)."""

    readers: Sequence[Subscription]
    next_after: str


@dataclass(frozen=True, slots=True)
class ReaderCount:
    """How many readers a filter finds; `more` if there are more than were counted."""

    number: int
    more: bool = False


def find_readers(wanted: ReaderFilter, *, after: str = "", limit: int = PAGE_SIZE) -> ReaderPage:
    """Return one page of subscriptions with their subscribers.

    Args:
        after: `next_after` of the page before; anything unreadable begins at the start.
    """
    if wanted.address:
        statement = _by_address(wanted, after=after)
    else:
        statement = _by_age(wanted, after=_number(after), limit=limit + 1)
    found = db.session.scalars(statement.limit(limit + 1)).unique().all()
    readers = found[:limit]
    more = len(found) > limit
    return ReaderPage(readers, _place(wanted, readers[-1]) if more else "")


def count_readers(wanted: ReaderFilter) -> ReaderCount:
    """Count exactly where an index can; a search only up to a thousand."""
    if not wanted.address:
        statement = sa.select(sa.func.count()).select_from(Subscription)
        return ReaderCount(db.session.scalars(statement.where(*_conditions(wanted))).one())
    some = _addressed(sa.select(Subscription.id), wanted).limit(COUNTED_UPTO + 1).subquery()
    number = db.session.scalars(sa.select(sa.func.count()).select_from(some)).one()
    return ReaderCount(min(number, COUNTED_UPTO), more=number > COUNTED_UPTO)


def every_reader(wanted: ReaderFilter, *, page_size: int = 1000) -> Iterator[Subscription]:
    """Yield all readers of a filter, a page of rows in memory at a time."""
    after = ""
    while True:
        page = find_readers(wanted, after=after, limit=page_size)
        yield from page.readers
        db.session.expunge_all()
        after = page.next_after
        if not after:
            return


def _by_age(wanted: ReaderFilter, *, after: int | None, limit: int) -> sa.Select[Subscription]:
    """Merge the first of each state and cadence; each is one range of the index."""
    ranges = [
        _range(replace(wanted, state=state, cadence=cadence), after=after, limit=limit)
        for state in ([wanted.state] if wanted.state else SubscriptionState)
        for cadence in ([wanted.cadence] if wanted.cadence else Cadence)
    ]
    ids = sa.union_all(*ranges).subquery()
    # The merge is cut to one page before any row is looked up.
    first = sa.select(ids.c.id).order_by(_order(wanted, ids.c.id)).limit(limit).subquery()
    return (
        sa.select(Subscription)
        .join(first, first.c.id == Subscription.id)
        .join(Subscription.subscriber)
        .options(contains_eager(Subscription.subscriber))
        .order_by(_order(wanted, Subscription.id))
    )


def _range(wanted: ReaderFilter, *, after: int | None, limit: int) -> sa.Select[Any]:
    statement = sa.select(Subscription.id).where(*_conditions(wanted))
    if after is not None:
        beyond = Subscription.id > after if wanted.oldest_first else Subscription.id < after
        statement = statement.where(beyond)
    first = statement.order_by(_order(wanted, Subscription.id)).limit(limit).subquery()
    return sa.select(first.c.id)


def _order(wanted: ReaderFilter, column: Any) -> Any:
    return column.asc() if wanted.oldest_first else column.desc()


def _by_address(wanted: ReaderFilter, *, after: str) -> sa.Select[Subscription]:
    statement = _addressed(sa.select(Subscription), wanted)
    if after:
        statement = statement.where(Subscriber.email_key > after)
    return statement.options(contains_eager(Subscription.subscriber)).order_by(Subscriber.email_key)


def _addressed(statement: sa.Select[Any], wanted: ReaderFilter) -> sa.Select[Any]:
    begin = wanted.address.strip().casefold()
    conditions = _conditions(wanted)
    if db.engine.dialect.name == "sqlite":
        # Its planner would read the whole publication rather than the range of addresses;
        # the sum bars that index.
        conditions[0] = Subscription.publication_id + 0 == wanted.publication_id
    return (
        statement.join(Subscription.subscriber)
        .where(Subscriber.email_key >= begin, Subscriber.email_key < begin + "\U0010ffff")
        .where(*conditions)
    )


def _conditions(wanted: ReaderFilter) -> list[sa.ColumnElement[bool]]:
    conditions = [Subscription.publication_id == wanted.publication_id]
    if wanted.state:
        conditions.append(Subscription.state == wanted.state)
    if wanted.cadence:
        conditions.append(Subscription.cadence == wanted.cadence)
    return conditions


def _place(wanted: ReaderFilter, last: Subscription) -> str:
    return last.subscriber.email_key if wanted.address else str(last.id)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
