"""Letters: sent once by one worker, later when the relay is away, never to who is silenced."""

import email
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress as ignore
from datetime import datetime, timedelta
from email import policy

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.config import settings
from newsletter.database_clock import database_now
from newsletter.extensions import db
from newsletter.mail.mailer import Deferred, Outcome, OutgoingMail, RecordingMailer, Refused
from newsletter.subscriptions.letters import LEASE, due_letters, send_letter
from newsletter.subscriptions.links import read_confirm
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.publications.dkim_keys import active_key, judged


@pytest.fixture
def letter(make: Make) -> Letter:
    subscription = make.subscription(
        email="reader@example.org",
        state=SubscriptionState.PENDING,
        publication=make.publication(name="The Paper", from_email="paper@example.net"),
    )
    return make.letter(subscription=subscription)


def test_the_confirmation_names_the_publication_and_carries_the_link(letter: Letter) -> None:
    mailer = RecordingMailer()
    state = send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    assert state is LetterState.SENT
    (mail,) = mailer.sent
    message = email.message_from_bytes(mail.content, policy=policy.default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    token = text.split("/confirm/")[1].split()[0]
    assert read_confirm(token, now=NOW).subscription_id == letter.subscription_id
    assert "The Paper" in text
    assert message["To"] == "reader@example.org"
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_evidence_keeps_the_answer_of_the_relay(letter: Letter) -> None:
    send_letter(letter_id=letter.id, mailer=RecordingMailer(), now=NOW)
    event = db.session.scalars(sa.select(ConsentEvent)).one()
    assert event.step is ConsentStep.CONFIRMATION_SENT
    assert "250" in event.detail


def test_a_letter_is_signed_where_its_publication_has_a_key(letter: Letter) -> None:
    active_key(letter.subscription.publication)
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    assert judged(mailer.sent[0].content) == [True]


def test_without_its_secret_a_letter_waits_instead_of_leaving_unsigned(
    letter: Letter, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    active_key(letter.subscription.publication)
    mailer = RecordingMailer()
    with monkeypatch.context() as patch:
        other = settings.model_copy(update={"secret_key": "o" * 40})
        patch.setitem(app.extensions, "settings", other)
        assert send_letter(letter_id=letter.id, mailer=mailer, now=NOW) is None
    waiting = reload(letter)
    assert (waiting.state, waiting.lease_until) == (LetterState.QUEUED, None)
    assert "SECRET_KEY" in waiting.reason
    assert due_letters(now=NOW) == []
    later = NOW + timedelta(minutes=2)
    assert send_letter(letter_id=letter.id, mailer=mailer, now=later) is LetterState.SENT
    assert judged(mailer.sent[0].content) == [True]


def test_a_repeated_job_sends_nothing(letter: Letter) -> None:
    mailer = RecordingMailer()
    for _ in range(3):
        send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    assert len(mailer.sent) == 1


def test_a_letter_in_another_workers_hand_is_left_alone_until_its_lease_ends(
    letter: Letter,
) -> None:
    hold(letter, until=database_now() + LEASE)
    mailer = RecordingMailer()
    assert send_letter(letter_id=letter.id, mailer=mailer, now=NOW) is None
    assert due_letters(now=NOW) == []
    hold(letter, until=database_now() - timedelta(seconds=1))
    assert due_letters(now=NOW) == [letter.id]
    assert send_letter(letter_id=letter.id, mailer=mailer, now=NOW) is LetterState.SENT


def test_a_worker_whose_clock_is_ahead_leaves_a_letter_in_another_hand_alone(
    letter: Letter,
) -> None:
    hold(letter, until=database_now() + LEASE)
    ahead = database_now() + timedelta(hours=2)
    assert due_letters(now=ahead) == []
    assert send_letter(letter_id=letter.id, mailer=RecordingMailer(), now=ahead) is None


def hold(letter: Letter, *, until: datetime) -> None:
    """Let another worker have the letter in hand."""
    with unit_of_work() as session:
        session.get_one(Letter, letter.id).lease_until = until


def test_without_a_relay_the_letter_waits_and_goes_out_later(letter: Letter) -> None:
    away = RecordingMailer(unavailable_after=0)
    assert send_letter(letter_id=letter.id, mailer=away, now=NOW) is LetterState.QUEUED
    assert reload(letter).reason
    assert due_letters(now=NOW) == []
    later = NOW + timedelta(minutes=2)
    assert due_letters(now=later) == [letter.id]
    assert send_letter(letter_id=letter.id, mailer=RecordingMailer(), now=later) == "sent"


def test_a_deferred_letter_is_given_up_after_two_days(letter: Letter) -> None:
    def later(mail: OutgoingMail) -> Deferred:
        return Deferred(mail.id, 451, "4.2.0 try again")

    mailer = RecordingMailer(answers={"reader@example.org": later})
    assert send_letter(letter_id=letter.id, mailer=mailer, now=NOW) is LetterState.QUEUED
    end = NOW + timedelta(days=2, minutes=1)
    assert send_letter(letter_id=letter.id, mailer=mailer, now=end) is LetterState.FAILED


def test_a_refused_letter_fails_with_the_words_of_the_relay(letter: Letter) -> None:
    def never(mail: OutgoingMail) -> Refused:
        return Refused(mail.id, 550, "5.1.1 no such user")

    mailer = RecordingMailer(answers={"reader@example.org": never})
    assert send_letter(letter_id=letter.id, mailer=mailer, now=NOW) is LetterState.FAILED
    assert reload(letter).reason == "550 5.1.1 no such user"


def test_a_suppressed_address_gets_no_letter(letter: Letter) -> None:
    with unit_of_work():
        suppress(address="Reader@example.org", reason=SuppressionReason.COMPLAINT, now=NOW)
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    assert mailer.tried == []
    assert reload(letter).state is LetterState.SKIPPED


def test_who_confirmed_meanwhile_is_not_asked_again(letter: Letter) -> None:
    with unit_of_work() as session:
        session.get_one(Letter, letter.id).subscription.state = SubscriptionState.CONFIRMED
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    assert mailer.tried == []


def test_the_message_id_is_the_same_on_every_attempt(make: Make, letter: Letter) -> None:
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    with unit_of_work() as session:  # as if the worker had died before it could write
        again = session.get_one(Letter, letter.id)
        again.state, again.sent_at = LetterState.QUEUED, None
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW + timedelta(hours=1))
    ids = {email.message_from_bytes(mail.content)["Message-ID"] for mail in mailer.sent}
    assert len(mailer.sent) == 2
    assert len(ids) == 1


def test_who_is_subscribed_already_gets_a_letter_that_says_so(make: Make) -> None:
    owed = make.letter(subscription=make.subscription(), kind=LetterKind.ALREADY_CONFIRMED)
    mailer = RecordingMailer()
    send_letter(letter_id=owed.id, mailer=mailer, now=NOW)
    assert b"/preferences/" in mailer.sent[0].content.replace(b"=\r\n", b"")


def test_a_letter_whose_workers_die_each_time_goes_out_rarely_and_is_given_up(
    letter: Letter,
) -> None:
    class Dying(RecordingMailer):
        def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
            for _ in super().send(mails):
                raise Killed
            yield ()

    mailer, now = Dying(), NOW
    while now < NOW + timedelta(days=3):
        if due_letters(now=now):
            with ignore(Killed):
                send_letter(letter_id=letter.id, mailer=mailer, now=now)
            hold(letter, until=database_now() - timedelta(seconds=1))
        now += timedelta(minutes=15)
    assert 1 < len(mailer.sent) < 20
    assert reload(letter).state is LetterState.FAILED
    assert reload(letter).reason == "given up: no attempt came to an end"


def test_a_letter_that_nobody_can_write_waits_like_others_and_is_given_up(letter: Letter) -> None:
    """It must not come up at each sweep, first of all, and take the places of those behind it."""
    written: list[datetime] = []

    def write(_: Letter, *, now: datetime) -> OutgoingMail:
        written.append(now)
        raise ZeroDivisionError

    now = NOW
    while now < NOW + timedelta(days=3):
        if due_letters(now=now):
            with ignore(ZeroDivisionError):
                send_letter(letter_id=letter.id, mailer=RecordingMailer(), now=now, write=write)
            hold(letter, until=database_now() - timedelta(seconds=1))
        now += timedelta(minutes=15)
    assert 1 < len(written) < 20
    assert reload(letter).state is LetterState.FAILED


class Killed(BaseException):
    """Stands for kill -9, or for the end of a task's time."""
