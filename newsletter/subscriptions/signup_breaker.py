"""The signup breaker: many ask for a confirmation and few confirm, so every signup is checked.

Whoever bombs strangers with confirmations may come from a thousand networks, with an address for
each; what shows is that nobody confirms. It recovers by itself once the last hour looks well again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.database import insert_missing
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.subscriptions.models import Letter, LetterKind, Subscription

log = structlog.get_logger()

WINDOW = timedelta(hours=1)
#: Once tripped it stays so for this long, so that it does not flutter.
SHORTEST = timedelta(minutes=10)
#: Bounds of the rule that staff may set.
FLOORS, PERCENTS = (10, 100_000), (1, 90)
_THE_ONE = 1


class UnusableRule(PermanentError):
    """A rule that cannot be kept; `field` says which number."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class HourOfSignups:
    """What came of the confirmations asked for within the last hour."""

    asked: int
    confirmed: int

    def looks_like_abuse(self, *, floor: int, least_percent: int) -> bool:
        """Say whether many asked and few of them confirmed."""
        return self.asked >= floor and self.confirmed * 100 < self.asked * least_percent


def is_tripped() -> bool:
    """Say whether every signup is checked just now."""
    return db.session.scalar(sa.select(SignupBreaker.tripped_at)) is not None


def breaker() -> SignupBreaker:
    """Return the breaker's row as it stands; one that is not stored while there is none."""
    found = db.session.get(SignupBreaker, _THE_ONE, populate_existing=True)
    return found or SignupBreaker(floor=60, least_percent=20, asked=0, confirmed=0)


def is_to_be_told(*, now: datetime) -> bool:
    """Say whether staff wait for a mail about it."""
    due = sa.exists().where(SignupBreaker.tell_at <= now)
    return bool(db.session.scalar(sa.select(due)))


def look(*, now: datetime) -> None:
    """Count the last hour; trip, or recover."""
    row = _locked()
    hour = last_hour(now=now)
    row.asked, row.confirmed = hour.asked, hour.confirmed
    bad = hour.looks_like_abuse(floor=row.floor, least_percent=row.least_percent)
    if bad and row.tripped_at is None:
        row.tripped_at = row.tell_at = now
        log.warning("signup_breaker_tripped", asked=hour.asked, confirmed=hour.confirmed)
    elif not bad and row.tripped_at is not None and now - row.tripped_at >= SHORTEST:
        row.tripped_at = row.tell_at = None
        log.info("signup_breaker_recovered", asked=hour.asked, confirmed=hour.confirmed)
    db.session.flush()


def last_hour(*, now: datetime) -> HourOfSignups:
    """Count the confirmations asked for within the last hour, and those of them that came."""
    came = Subscription.confirmed_at >= Letter.requested_at
    asked, confirmed = db.session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(came))
        .select_from(Letter)
        .join(Subscription, Letter.subscription_id == Subscription.id)
        .where(Letter.kind == LetterKind.CONFIRMATION, Letter.requested_at > now - WINDOW)
    ).one()
    return HourOfSignups(asked, confirmed)


def change_rule(*, floor: str, least_percent: str) -> bool:
    """Store when the breaker trips, as typed by staff; say whether anything changed.

    Raises:
        UnusableRule: not a whole number, or out of bounds.
    """
    wanted = (
        _number("floor", floor, FLOORS),
        _number("least_percent", least_percent, PERCENTS),
    )
    row = _locked()
    changed = (row.floor, row.least_percent) != wanted
    row.floor, row.least_percent = wanted
    db.session.flush()
    return changed


def _locked() -> SignupBreaker:
    insert_missing(db.session(), SignupBreaker, {"id": _THE_ONE}, unique=["id"])
    return db.session.get_one(SignupBreaker, _THE_ONE, with_for_update=True, populate_existing=True)


def _number(field: str, text: str, bounds: tuple[int, int]) -> int:
    least, most = bounds
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise UnusableRule(field, f"Enter a whole number from {least:,} to {most:,}.")
    return int(text)
