"""Silent readers are asked once, never without consent, and end only if they were told so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.deliveries.ask_silent import (
    MOST_A_DAY,
    ask_some,
    end_some,
    publications_that_ask,
)
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.silence import LEAST_MAILS, count_silent, find_silent
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.letters import due_letters, send_letter
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.question import ANSWER_DAYS, keep
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import see
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from workers import upkeep

#: An hour at which publications in UTC ask, a year and more after the readers' last sign.
ASKED = datetime.combine(date(2027, 5, 3), time(10), NOW.tzinfo)
MONTHS = 12


@pytest.fixture
def home(make: Make) -> Publication:
    return make.publication(
        name="The Harbour", counts_opens=True, ask_after_months=MONTHS, ends_unanswered=True
    )


@pytest.fixture
def mails(make: Make, home: Publication) -> Sequence[Digest]:
    """What went out in the months before."""
    return [make.digest(publication=home) for _ in range(LEAST_MAILS)]


def mailed(reader: Subscription, mails: Sequence[Digest], *, at: datetime) -> None:
    with unit_of_work() as session:
        session.add_all(
            Delivery(
                digest_id=one.id, subscription_id=reader.id, state=DeliveryState.SENT, sent_at=at
            )
            for one in mails
        )


@pytest.fixture
def silent(make: Make, home: Publication, mails: Sequence[Digest]) -> Subscription:
    """A reader who consented, got three mails, and was not seen."""
    reader = make.subscription(publication=home, email="Silent@example.org")
    make.sign(subscription=reader)
    mailed(reader, mails, at=ASKED - timedelta(days=30))
    return reader


def ask(home: Publication, *, now: datetime = ASKED) -> int:
    with unit_of_work():
        return ask_some(publication_id=home.id, now=now)


def end(home: Publication, *, now: datetime) -> int:
    with unit_of_work():
        return end_some(publication_id=home.id, now=now)


def post(*, now: datetime = ASKED) -> list[bytes]:
    mailer = RecordingMailer()
    for letter_id in due_letters(now=now):
        send_letter(letter_id=letter_id, mailer=mailer, now=now)
    return [mail.content for mail in mailer.sent]


def asked(kind: LetterKind = LetterKind.STILL_WANTED) -> list[int]:
    db.session.rollback()
    letters = sa.select(Letter.subscription_id).where(Letter.kind == kind)
    return list(db.session.scalars(letters))


def test_a_silent_reader_is_asked_once_and_anew_only_after_as_many_months(
    home: Publication, silent: Subscription, mails: Sequence[Digest], make: Make
) -> None:
    assert ask(home) == 1
    assert ask(home) == 0
    (mail,) = post()
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail
    assert ask(home, now=ASKED + timedelta(days=300)) == 0
    later = ASKED + timedelta(days=370)
    more = [make.digest(publication=home) for _ in range(LEAST_MAILS)]
    mailed(silent, more, at=later - timedelta(days=9))
    assert ask(home, now=later) == 1


def test_a_yes_is_a_sign_of_life_and_a_step_of_the_consent(
    home: Publication, silent: Subscription
) -> None:
    ask(home)
    post()
    answered = ASKED + timedelta(days=3)
    for _ in range(2):
        with unit_of_work():
            keep(
                subscription=silent,
                round=1,
                request=RequestEvidence(Source.MAIL_LINK),
                now=answered,
            )
    steps = [one.step for one in history(subscription_id=silent.id)]
    assert steps == [ConsentStep.STILL_WANTED]
    assert end(home, now=ASKED + timedelta(days=90)) == 0
    db.session.expire_all()
    sign = db.session.get_one(SignOfLife, silent.id)
    assert (sign.last_sign_on, sign.asked_at) == (answered.date(), None)


def test_who_is_seen_before_the_letter_leaves_gets_none(
    home: Publication, silent: Subscription
) -> None:
    ask(home)
    with unit_of_work():
        see(subscription_ids=[silent.id], day=ASKED.date())
    assert post() == []
    letter = db.session.scalars(sa.select(Letter)).one()
    assert letter.state is LetterState.SKIPPED
    assert "sign of life" in letter.reason


def test_who_was_told_and_does_not_answer_is_ended_and_told_again(
    home: Publication, silent: Subscription
) -> None:
    ask(home)
    assert f"within {ANSWER_DAYS} days".encode() in post()[0].replace(b"=\r\n", b"")
    due = ASKED + timedelta(days=ANSWER_DAYS)
    assert end(home, now=due - timedelta(minutes=1)) == 0
    assert end(home, now=due) == 1
    row = reload(silent)
    assert row.state is SubscriptionState.UNSUBSCRIBED
    last = history(subscription_id=silent.id)[-1]
    assert (last.step, last.source) == (ConsentStep.UNSUBSCRIBED, Source.SILENCE)
    (mail,) = post(now=due)
    assert b"has ended" in mail
    assert b"/undo/" in mail.replace(b"=\r\n", b"")
    assert end(home, now=due + timedelta(days=99)) == 0


def test_who_was_not_told_is_never_ended_whatever_the_rule_says_later(
    home: Publication, silent: Subscription
) -> None:
    rule(home, ends_unanswered=False)
    ask(home)
    assert b"the mails go on as before" in post()[0]
    rule(home, ends_unanswered=True)
    assert end(home, now=ASKED + timedelta(days=400)) == 0


@pytest.mark.parametrize("state", sorted(set(LetterState) - {LetterState.SENT}))
def test_a_letter_that_did_not_go_out_told_nobody(
    home: Publication, silent: Subscription, state: LetterState
) -> None:
    ask(home)
    with unit_of_work() as session:
        session.execute(sa.update(Letter).values(state=state))
    assert end(home, now=ASKED + timedelta(days=90)) == 0


def test_the_thirty_days_begin_when_the_letter_goes_out(
    home: Publication, silent: Subscription
) -> None:
    ask(home)
    post(now=ASKED + timedelta(days=1))
    assert end(home, now=ASKED + timedelta(days=ANSWER_DAYS)) == 0
    assert end(home, now=ASKED + timedelta(days=ANSWER_DAYS + 1)) == 1


@pytest.mark.parametrize(
    "change", [{"counts_opens": False}, {"ends_unanswered": False}, {"ask_after_months": 0}]
)
def test_a_rule_that_is_taken_back_ends_nobody(
    home: Publication, silent: Subscription, change: dict[str, object], monkeypatch: object
) -> None:
    ask(home)
    post()
    rule(home, **change)
    due = ASKED + timedelta(days=ANSWER_DAYS)
    run_worker(due, monkeypatch)
    assert reload(silent).state is SubscriptionState.CONFIRMED


def test_a_paused_reader_is_neither_asked_nor_ended(
    home: Publication, silent: Subscription
) -> None:
    pause(silent, until=ASKED - timedelta(days=10))
    assert ask(home) == 0
    pause(silent, until=None)
    assert ask(home) == 1
    post()
    pause(silent, until=ASKED + timedelta(days=ANSWER_DAYS + 9))
    assert end(home, now=ASKED + timedelta(days=ANSWER_DAYS)) == 0


def test_no_more_than_its_share_is_asked_in_a_day(
    home: Publication, silent: Subscription, make: Make
) -> None:
    with unit_of_work() as session:
        session.add_all(
            Letter(
                kind=LetterKind.STILL_WANTED,
                subscription_id=silent.id,
                state=LetterState.SENT,
                requested_at=ASKED,
                next_attempt_at=ASKED,
            )
            for _ in range(MOST_A_DAY)
        )
    assert ask(home, now=ASKED + timedelta(minutes=30)) == 0
    assert ask(home, now=ASKED + timedelta(days=1)) == 1


def test_publications_ask_in_the_forenoon_of_their_own_clock(make: Make) -> None:
    rules = {"counts_opens": True, "ask_after_months": 3}
    here = make.publication(time_zone="UTC", **rules)
    make.publication(time_zone="Asia/Tokyo", **rules)
    make.publication(time_zone="UTC", counts_opens=True)
    make.publication(time_zone="UTC", ask_after_months=3)
    assert publications_that_ask(now=ASKED) == [here.id]
    assert publications_that_ask(now=ASKED + timedelta(hours=1)) == []


def test_the_worker_asks_slice_by_slice_and_nothing_while_sending_is_held(
    home: Publication, silent: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "is_held", lambda: True)
    monkeypatch.setattr(upkeep, "database_now", lambda: ASKED)
    upkeep.ask_silent()
    assert asked() == []
    monkeypatch.setattr(upkeep, "is_held", lambda: False)
    monkeypatch.setattr("newsletter.deliveries.ask_silent.SLICE", 1)
    upkeep.ask_silent()
    upkeep.ask_silent()
    assert asked() == [silent.id]


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


def rule(home: Publication, **values: object) -> None:
    with unit_of_work() as session:
        row = session.get_one(Publication, home.id)
        for name, value in values.items():
            setattr(row, name, value)


def pause(reader: Subscription, *, until: datetime | None) -> None:
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).paused_until = until


def run_worker(now: datetime, monkeypatch: object) -> None:
    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setattr(upkeep, "is_held", lambda: False)
    monkeypatch.setattr(upkeep, "database_now", lambda: now)
    upkeep.ask_silent()
