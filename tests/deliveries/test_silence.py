"""Exactly the silent are asked, from any lives, and nobody without consent ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.deliveries.models import Delivery
from newsletter.deliveries.silence import LEAST_MAILS, count_silent, find_silent
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import (
    Letter,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.asking import (
    ASKED,
    ask,
    asked,
    mailed,
)
from tests.deliveries.asking import home as home
from tests.deliveries.asking import mails as mails
from tests.deliveries.asking import silent as silent
from tests.factories import Make


def test_they_are_found_by_address_and_counted(home: Publication, silent: Subscription) -> None:
    found = {
        address: (
            len(find_silent(publication=home, months=12, now=ASKED, address=address).readers),
            count_silent(publication=home, months=12, now=ASKED, address=address),
        )
        for address in ("", "silent@", "nobody")
    }
    assert found == {"": (1, (1, False)), "silent@": (1, (1, False)), "nobody": (0, (0, False))}
    for after in ("x", "2026-02-30.1", "2026-01-01.", f"2026-01-01.{'9' * 30}"):
        found_after = find_silent(publication=home, months=12, now=ASKED, after=after)
        assert len(found_after.readers) == 1, after
    last = find_silent(publication=home, months=12, now=ASKED, after=f"2026-03-02.{silent.id}")
    assert last.readers == []
    assert find_silent(publication=home, months=18, now=ASKED).readers == []


@dataclass(frozen=True)
class Life:
    """What a reader did, and what befell her."""

    consents: bool
    last_sign: int  # days before the question
    mails: int
    mailed: int  # days before the question
    asked: int | None
    paused: int | None  # days from the question on until which she paused
    state: SubscriptionState
    suppressed: bool

    def is_to_be_asked(self, window: int) -> bool:
        """Say so from the words of the rule."""
        return (
            self.consents
            and self.state is SubscriptionState.CONFIRMED
            and not self.suppressed
            and self.last_sign > window
            and (self.asked is None or self.asked > window)
            and (self.paused is None or -self.paused > window)
            and self.mails >= LEAST_MAILS
            and self.mailed <= window
        )


#: Days around the twelve months, which are 365 days here.
DAYS = st.sampled_from([0, 1, 200, 364, 366, 400, 800])
LIVES = st.builds(
    Life,
    consents=st.booleans(),
    last_sign=DAYS,
    mails=st.integers(0, LEAST_MAILS),
    mailed=DAYS,
    asked=st.none() | DAYS,
    paused=st.none() | DAYS.map(lambda days: days - 400),
    state=st.sampled_from(SubscriptionState),
    suppressed=st.booleans(),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lives=st.lists(LIVES, min_size=1, max_size=8))
def test_exactly_the_silent_are_asked_and_no_reader_without_consent_ever(
    make: Make, home: Publication, mails: Sequence[Digest], lives: list[Life]
) -> None:
    clear()
    expected = {
        reader.id
        for life in lives
        for reader in [lived(make, home, mails, life)]
        if life.is_to_be_asked((ASKED.date() - date(2026, 5, 3)).days)
    }
    ask(home)
    assert set(asked()) == expected
    consenting = set(db.session.scalars(sa.select(SignOfLife.subscription_id)))
    assert set(asked()) <= consenting


def lived(make: Make, home: Publication, mails: Sequence[Digest], life: Life) -> Subscription:
    def ago(days: int) -> datetime:
        return ASKED - timedelta(days=days)

    paused = None if life.paused is None else ASKED + timedelta(days=life.paused)
    reader: Subscription = make.subscription(
        publication=home, state=life.state, paused_until=paused
    )
    if life.consents:
        make.sign(
            subscription=reader,
            allowed_at=ago(900),
            last_sign_on=ago(life.last_sign).date(),
            asked_at=None if life.asked is None else ago(life.asked),
        )
    mailed(reader, mails[: life.mails], at=ago(life.mailed))
    if life.suppressed:
        with unit_of_work():
            email = reader.subscriber.email
            suppress(address=email, reason=SuppressionReason.MANUAL, now=ASKED)
    return reader


def clear() -> None:
    with unit_of_work() as session:
        for table in (Delivery, Letter, SignOfLife, Subscription, Subscriber):
            session.execute(sa.delete(table))
