"""Sending a batch: everyone once, wherever it is stopped."""

import email
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries import content
from newsletter.deliveries.control import (
    cancel_digest,
    pause_digest,
    release_batches,
    resume_digest,
)
from newsletter.deliveries.journal import Journal
from newsletter.deliveries.lease import MOST_LOST_LEASES, LeaseLost, take_lease
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.outcomes import FEWEST_ATTEMPTS
from newsletter.deliveries.progress import progress
from newsletter.deliveries.recipients import Recipient
from newsletter.deliveries.records import Records
from newsletter.deliveries.send import send_batch
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.mail.mailer import (
    Deferred,
    InDoubt,
    Outcome,
    OutgoingMail,
    RecordingMailer,
    Refused,
)
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import Make, reload


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    """A digest of one article for thirty readers, ready to go."""
    home = make.publication(from_email="paper@example.net")
    make.article(publication=home)
    for number in range(30):
        make.subscription(publication=home, email=f"reader{number}@example.org")
    return publish(home, now=utc_now())


def send(digest: Digest, mailer: object, clock: object = utc_now) -> list[BatchState | None]:
    return [
        send_batch(batch_id=batch_id, mailer=mailer, clock=clock)  # type: ignore[arg-type]
        for batch_id in batch_ids(digest)
    ]


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs but `finally`."""


class DyingMailer(RecordingMailer):
    """Accepts some mails and then takes the worker with it."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self._after = after

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        for number, outcome in enumerate(super().send(mails)):
            if number == self._after:
                raise Killed
            yield outcome


def test_every_reader_gets_one_mail_and_the_digest_is_sent(digest: Digest) -> None:
    mailer = RecordingMailer()
    assert send(digest, mailer) == [BatchState.DONE]
    assert sorted(mail.recipient for mail in mailer.sent) == sorted(
        f"reader{number}@example.org" for number in range(30)
    )
    assert states(digest) == {DeliveryState.SENT: 30}
    assert reload(digest).state is DigestState.SENT


def test_each_mail_is_personal_and_carries_one_click_headers(digest: Digest) -> None:
    mailer = RecordingMailer()
    send(digest, mailer)
    messages = [email.message_from_bytes(mail.content) for mail in mailer.sent]
    assert len({message["Message-ID"] for message in messages}) == 30
    assert len({message["List-Unsubscribe"] for message in messages}) == 30
    assert {message["List-Unsubscribe-Post"] for message in messages} == {
        "List-Unsubscribe=One-Click"
    }
    assert all(
        message["To"] == mail.recipient for message, mail in zip(messages, mailer.sent, strict=True)
    )
    assert len({message["Feedback-ID"] for message in messages}) == 1


def test_readers_of_many_topics_get_their_own_articles_though_few_messages_are_kept(
    make: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "MOST_COMPILED", 2)
    kept: list[int] = []
    real = content.DigestMails.mail_to

    def mail_to(mails: content.DigestMails, recipient: Recipient) -> OutgoingMail:
        mail = real(mails, recipient)
        kept.append(len(mails._compiled))
        return mail

    monkeypatch.setattr(content.DigestMails, "mail_to", mail_to)
    home = make.publication()
    expected = {}
    for number in range(4):
        topic = make.topic(publication=home, name=f"Topic {number}")
        title = make.article(publication=home, topics=[topic]).title
        for _ in range(2):
            wish = frozenset({topic.id})
            reader = make.subscription(publication=home, topics=wish)
            expected[reader.subscriber.email] = title
    mailer = RecordingMailer()
    send(publish(home, now=utc_now()), mailer)
    subjects = {
        mail.recipient: str(email.message_from_bytes(mail.content)["Subject"])
        for mail in mailer.sent
    }
    assert subjects == expected
    assert max(kept) == 2


def test_a_batch_sent_twice_sends_nothing_the_second_time(digest: Digest) -> None:
    mailer = RecordingMailer()
    send(digest, mailer)
    assert send(digest, mailer) == [None]
    assert len(mailer.sent) == 30


def test_a_batch_in_another_workers_hand_is_left_alone(digest: Digest) -> None:
    (batch_id,) = batch_ids(digest)
    with unit_of_work():
        assert take_lease(batch_id=batch_id) is not None
    mailer = RecordingMailer()
    assert send(digest, mailer) == [None]
    assert mailer.tried == []


@pytest.mark.parametrize("journal_works", [True, False])
@pytest.mark.parametrize("after", [0, 1, 12, 29])
def test_a_worker_killed_anywhere_loses_nothing_and_doubles_at_most_the_mail_in_flight(
    digest: Digest, after: int, journal_works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not journal_works:
        monkeypatch.setattr(Journal, "note", lambda *_: False)
    dying = DyingMailer(after=after)
    write = Records.write

    def not_after_death(records: Records) -> None:
        if len(dying.sent) <= after:  # a killed process writes nothing any more
            write(records)

    monkeypatch.setattr(Records, "write", not_after_death)
    with pytest.raises(Killed):
        send(digest, dying)
    monkeypatch.setattr(Records, "write", write)
    with unit_of_work() as session:
        session.execute(sa.update(Batch).values(lease_until=utc_now() - timedelta(seconds=1)))
    with unit_of_work():
        assert sweep_batches(now=utc_now()) == 1
    second = RecordingMailer()
    send(digest, second)
    reached = [mail.recipient for mail in dying.sent + second.sent]
    assert set(reached) == {f"reader{number}@example.org" for number in range(30)}
    assert len(reached) <= 31
    assert states(digest) == {DeliveryState.SENT: 30}
    assert reload(digest).state is DigestState.SENT


def test_a_doubled_mail_has_the_same_message_id(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailer = RecordingMailer()
    send(digest, mailer)
    with unit_of_work() as session:
        session.execute(sa.update(Delivery).values(state=DeliveryState.QUEUED))
        session.execute(sa.update(Batch).values(state=BatchState.QUEUED))
        session.execute(sa.update(Digest).values(state=DigestState.SENDING))
    send(digest, mailer)
    ids = {email.message_from_bytes(mail.content)["Message-ID"] for mail in mailer.sent}
    assert len(mailer.sent) == 60
    assert len(ids) == 30


def test_a_worker_that_wakes_up_after_its_lease_writes_nothing(digest: Digest) -> None:
    class Sleeping(RecordingMailer):
        def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
            for number, outcome in enumerate(super().send(mails)):
                if number == 3:
                    _expire_and_hand_over()
                yield outcome

    def _expire_and_hand_over() -> None:
        with unit_of_work() as session:
            session.execute(sa.update(Batch).values(lease_until=utc_now() - timedelta(seconds=1)))
        with unit_of_work():
            sweep_batches(now=utc_now())
        with unit_of_work():
            assert take_lease(batch_id=batch_ids(digest)[0]) is not None

    with pytest.raises(LeaseLost):
        send(digest, Sleeping())
    written = states(digest).get(DeliveryState.SENT, 0)
    assert written <= 3, "only what was written while it still held the lease"


def test_a_refused_recipient_fails_with_code_and_text_the_others_are_sent(digest: Digest) -> None:
    def refuse(mail: OutgoingMail) -> Refused:
        return Refused(mail.id, 550, "5.1.1 unknown user")

    mailer = RecordingMailer(answers={"reader7@example.org": refuse})
    send(digest, mailer)
    assert states(digest) == {DeliveryState.SENT: 29, DeliveryState.FAILED: 1}
    failed = db.session.scalars(sa.select(Delivery).where(Delivery.state == "failed")).one()
    assert failed.reply == "550 5.1.1 unknown user"
    assert reload(digest).state is DigestState.SENT


def test_a_deferred_recipient_is_tried_again_later_until_two_days_are_over(
    digest: Digest,
) -> None:
    def later(mail: OutgoingMail) -> Deferred:
        return Deferred(mail.id, 451, "4.7.1 greylisted")

    mailer = RecordingMailer(answers={"reader7@example.org": later})
    assert send(digest, mailer) == [BatchState.QUEUED]
    assert states(digest) == {DeliveryState.SENT: 29, DeliveryState.DEFERRED: 1}
    assert send(digest, mailer) == [None], "not before its time"
    with unit_of_work() as session:
        session.execute(sa.update(Batch).values(next_attempt_at=utc_now()))
        session.execute(sa.update(Delivery).values(attempts=FEWEST_ATTEMPTS))
    much_later = utc_now() + timedelta(days=2, hours=1)
    assert send(digest, mailer, clock=lambda: much_later) == [BatchState.DONE]
    assert states(digest) == {DeliveryState.SENT: 29, DeliveryState.FAILED: 1}


def test_without_a_relay_the_batch_waits_and_the_screen_says_why(digest: Digest) -> None:
    away = RecordingMailer(unavailable_after=10)
    assert send(digest, away) == [BatchState.QUEUED]
    assert states(digest) == {DeliveryState.SENT: 10, DeliveryState.QUEUED: 20}
    shown = progress(reload(digest), now=utc_now())
    assert shown.waiting_for == ("The recording mailer was told to be unavailable.",)
    with unit_of_work() as session:
        session.execute(sa.update(Batch).values(next_attempt_at=utc_now()))
    rest = RecordingMailer()
    assert send(digest, rest) == [BatchState.DONE]
    assert len(rest.sent) == 20


def test_a_mail_in_doubt_is_sent_again_and_counted(digest: Digest) -> None:
    def vanish(mail: OutgoingMail) -> InDoubt:
        return InDoubt(mail.id, "The connection ended before the answer.")

    send(digest, RecordingMailer(answers={"reader3@example.org": vanish}))
    with unit_of_work() as session:
        session.execute(sa.update(Batch).values(next_attempt_at=utc_now()))
    send(digest, RecordingMailer(), clock=lambda: utc_now() + timedelta(minutes=2))
    shown = progress(reload(digest), now=utc_now())
    assert (shown.sent, shown.in_doubt, shown.done) == (30, 1, True)


def test_who_unsubscribes_while_the_batch_runs_gets_nothing(
    make: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.deliveries.batch_mails.SLICE", 5)
    home: Publication = make.publication()
    make.article(publication=home)
    readers = [make.subscription(publication=home) for _ in range(12)]
    digest = publish(home, now=utc_now())

    def leave(mail: OutgoingMail) -> Outcome:
        with unit_of_work() as session:
            session.get_one(Subscription, readers[-1].id).state = SubscriptionState.UNSUBSCRIBED
        return Refused(mail.id, 550, "5.1.1 gone")

    first = reload(readers[0]).subscriber.email
    send(digest, RecordingMailer(answers={first: leave}))
    last = db.session.scalars(
        sa.select(Delivery).where(Delivery.subscription_id == readers[-1].id)
    ).one()
    assert (last.state, last.reason) == (DeliveryState.SKIPPED, "unsubscribed")


def test_a_paused_digest_sends_nothing_until_it_is_resumed(digest: Digest) -> None:
    with unit_of_work():
        pause_digest(digest=digest, now=utc_now())
    mailer = RecordingMailer()
    assert send(digest, mailer) == [None]
    with unit_of_work():
        resume_digest(digest=digest, now=utc_now())
    assert send(digest, mailer) == [BatchState.DONE]
    assert len(mailer.sent) == 30


def test_a_digest_cancelled_on_the_way_leaves_the_rest_out_and_says_so(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.deliveries.batch_mails.SLICE", 10)

    def stop(mail: OutgoingMail) -> Outcome:
        with unit_of_work():
            cancel_digest(digest=digest, reason="a wrong headline", now=utc_now())
        return Refused(mail.id, 550, "5.1.1 gone")

    mailer = RecordingMailer(answers={"reader9@example.org": stop})
    send(digest, mailer)
    shown = progress(reload(digest), now=utc_now())
    assert shown.sent == 9
    assert shown.skipped == {"cancelled": 20}
    assert (shown.failed, shown.done) == (1, True)
    assert reload(digest).state is DigestState.CANCELLED


def test_the_figures_always_add_up_to_the_candidates(digest: Digest) -> None:
    def refuse(mail: OutgoingMail) -> Refused:
        return Refused(mail.id, 550, "5.1.1 unknown user")

    send(digest, RecordingMailer(answers={"reader1@example.org": refuse}))
    shown = progress(reload(digest), now=utc_now())
    total = shown.queued + shown.sent + shown.deferred + shown.failed + shown.skipped_total
    assert total == shown.candidates == reload(digest).candidates == 30


def _lose_lease(digest: Digest) -> None:
    """Take a batch and die with it; the sweeper finds the lease expired."""
    (batch_id,) = batch_ids(digest)
    with unit_of_work() as session:
        assert take_lease(batch_id=batch_id) is not None
        session.execute(sa.update(Batch).values(lease_until=utc_now() - timedelta(minutes=5)))
    with unit_of_work():
        sweep_batches(now=utc_now())


def test_a_batch_that_kills_its_workers_is_quarantined_until_staff_release_it(
    digest: Digest,
) -> None:
    for _ in range(MOST_LOST_LEASES):
        _lose_lease(digest)
    mailer = RecordingMailer()
    assert send(digest, mailer) == [None]
    with unit_of_work():
        assert sweep_batches(now=utc_now()) == 0
    found = progress(reload(digest), now=utc_now())
    assert (found.quarantined, found.queued) == (30, 30)
    with unit_of_work() as session:
        assert release_batches(digest=session.get_one(Digest, digest.id)) == 1
    assert send(digest, mailer) == [BatchState.DONE]
    assert len(mailer.sent) == 30
    assert progress(reload(digest), now=utc_now()).quarantined == 0


def test_a_batch_that_gets_on_is_not_quarantined_however_often_workers_die(
    digest: Digest,
) -> None:
    doubled = []
    for _ in range(MOST_LOST_LEASES + 2):
        mailer = DyingMailer(after=3)
        with pytest.raises(Killed):
            send(digest, mailer)
        doubled += mailer.sent
        with unit_of_work() as session:
            session.execute(sa.update(Batch).values(lease_until=utc_now() - timedelta(minutes=5)))
        with unit_of_work():
            assert sweep_batches(now=utc_now()) == 1
    assert send(digest, RecordingMailer()) == [BatchState.DONE]
