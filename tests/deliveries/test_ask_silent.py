"""Silent readers are asked once, by day, and not without need."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.deliveries.ask_silent import (
    MOST_A_DAY,
    publications_that_ask,
)
from newsletter.deliveries.silence import LEAST_MAILS
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscription,
)
from newsletter.subscriptions.question import ANSWER_DAYS, keep
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import see
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.asking import (
    ASKED,
    ask,
    asked,
    end,
    mailed,
    post,
)
from tests.deliveries.asking import home as home
from tests.deliveries.asking import mails as mails
from tests.deliveries.asking import silent as silent
from tests.factories import Make
from workers import upkeep


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


def pause(reader: Subscription, *, until: datetime | None) -> None:
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).paused_until = until
