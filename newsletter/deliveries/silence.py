"""Silent readers: those who consented to opens and gave no sign of life for months.

Of all others nothing is known, so nobody else is ever among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from newsletter.deliveries.models import ACCEPTED, Delivery
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.schedule import months_before
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.suppressions.models import Suppression

#: Who got fewer mails in all that time had little to open, so silence says nothing.
LEAST_MAILS = 3
PAGE_SIZE = 50
#: Counted up to here; beyond, "more than" is the honest answer.
COUNTED_UPTO = 10_000


@dataclass(frozen=True, slots=True)
class SilentPage:
    """Some silent readers, and where the next page begins (empty: this is the last)."""

    readers: Sequence[SignOfLife]
    next_after: str


def silent_readers(
    *, publication: Publication, months: int, now: datetime
) -> sa.Select[SignOfLife]:
    """Select whoever is to be asked: silent for so many months, and not asked within them.

    A pause counts as no silence: the months begin again when it is over. Nobody is silent for
    a publication that counts no opens.
    """
    day = months_before(now.astimezone(UTC).date(), months)
    since = datetime.combine(day, time(0), UTC)
    return (
        sa.select(SignOfLife)
        .join(SignOfLife.subscription)
        .join(Subscription.subscriber)
        .join(Publication, Publication.id == SignOfLife.publication_id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(SignOfLife.publication_id == publication.id, Publication.counts_opens)
        .where(SignOfLife.last_sign_on < day, _before(SignOfLife.asked_at, since))
        .where(Subscription.state == SubscriptionState.CONFIRMED, Suppression.id.is_(None))
        .where(_before(Subscription.paused_until, since), _got_mails(since))
    )


def find_silent(
    *, publication: Publication, months: int, now: datetime, address: str = "", after: str = ""
) -> SilentPage:
    """Return one page of them as they are asked, those silent longest first; the index has them so.

    Args:
        address: what the address begins with.
        after: `next_after` of the page before; anything unreadable begins at the start.
    """
    statement = _addressed(silent_readers(publication=publication, months=months, now=now), address)
    found = db.session.scalars(
        statement.where(_beyond(after))
        .options(contains_eager(SignOfLife.subscription).contains_eager(Subscription.subscriber))
        .order_by(SignOfLife.last_sign_on, SignOfLife.subscription_id)
        .limit(PAGE_SIZE + 1)
    ).all()
    readers = found[:PAGE_SIZE]
    return SilentPage(readers, _place(readers[-1]) if len(found) > PAGE_SIZE else "")


def count_silent(
    *, publication: Publication, months: int, now: datetime, address: str = ""
) -> tuple[int, bool]:
    """Return how many they are, and whether there are more than were counted."""
    statement = _addressed(silent_readers(publication=publication, months=months, now=now), address)
    some = statement.with_only_columns(SignOfLife.subscription_id).limit(COUNTED_UPTO + 1)
    number = db.session.scalars(sa.select(sa.func.count()).select_from(some.subquery())).one()
    return min(number, COUNTED_UPTO), number > COUNTED_UPTO


def count_allowing(*, publication: Publication) -> int:
    """Return how many readers consent to opens."""
    statement = sa.select(sa.func.count()).where(SignOfLife.publication_id == publication.id)
    return db.session.scalars(statement).one()


def count_unanswered(*, publication: Publication) -> int:
    """Return how many were asked and gave no sign of life since."""
    statement = sa.select(sa.func.count()).where(
        SignOfLife.publication_id == publication.id, SignOfLife.asked_at.is_not(None)
    )
    return db.session.scalars(statement).one()


def first_day_of_silence(*, months: int, now: datetime) -> date:
    """Return the day since which a silent reader was not seen."""
    return months_before(now.astimezone(UTC).date(), months)


def _place(last: SignOfLife) -> str:
    return f"{last.last_sign_on.isoformat()}.{last.subscription_id}"


def _beyond(after: str) -> sa.ColumnElement[bool]:
    day, _, number = after.partition(".")
    try:
        last, number_of_it = date.fromisoformat(day), int(number[:18])
    except ValueError:
        return sa.true()
    on_that_day = sa.and_(
        SignOfLife.last_sign_on == last, SignOfLife.subscription_id > number_of_it
    )
    return sa.or_(SignOfLife.last_sign_on > last, on_that_day)


def _before(column: Any, moment: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(column.is_(None), column < moment)


def _got_mails(since: datetime) -> sa.ColumnElement[bool]:
    mails = sa.select(Delivery.id).where(
        Delivery.subscription_id == SignOfLife.subscription_id,
        Delivery.state.in_(ACCEPTED),
        Delivery.sent_at >= since,
    )
    return mails.limit(1).offset(LEAST_MAILS - 1).correlate(SignOfLife).exists()


def _addressed(statement: sa.Select[SignOfLife], address: str) -> sa.Select[SignOfLife]:
    begin = address.strip().casefold()
    if not begin:
        return statement
    return statement.where(
        Subscriber.email_key >= begin, Subscriber.email_key < begin + "\U0010ffff"
    )
