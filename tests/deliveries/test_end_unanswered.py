"""A subscription ends for silence only where the letter said so and went out."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterState,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.question import ANSWER_DAYS
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.asking import (
    ASKED,
    ask,
    end,
    post,
    rule,
)
from tests.deliveries.asking import home as home
from tests.deliveries.asking import mails as mails
from tests.deliveries.asking import silent as silent
from tests.factories import reload
from workers import upkeep


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


def run_worker(now: datetime, monkeypatch: object) -> None:
    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setattr(upkeep, "is_held", lambda: False)
    monkeypatch.setattr(upkeep, "database_now", lambda: now)
    upkeep.ask_silent()
