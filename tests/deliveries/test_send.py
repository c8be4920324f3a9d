"""Sending a batch: everyone once, wherever it is stopped."""

import email
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from email.utils import getaddresses

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries import content
from newsletter.deliveries.control import (
    cancel_digest,
    pause_digest,
    resume_digest,
)
from newsletter.deliveries.journal import Journal
from newsletter.deliveries.lease import LeaseLost, take_lease
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.progress import progress
from newsletter.deliveries.recipients import Recipient
from newsletter.deliveries.records import Records
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.mail.mailer import (
    Outcome,
    OutgoingMail,
    RecordingMailer,
    Refused,
)
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.deliveries.sending import DyingMailer, Killed, send
from tests.deliveries.sending import digest as digest
from tests.factories import Make, reload


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
    one_click = re.compile(r"<http://localhost/unsubscribe/[a-z0-9-]+>(,.*)?")
    assert all(one_click.fullmatch(message["List-Unsubscribe"]) for message in messages)
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
        assert sweep_batches() == 1
    second = RecordingMailer()
    send(digest, second)
    reached = [mail.recipient for mail in dying.sent + second.sent]
    assert set(reached) == {f"reader{number}@example.org" for number in range(30)}
    assert len(reached) <= 31
    assert states(digest) == {DeliveryState.SENT: 30}
    assert reload(digest).state is DigestState.SENT


def test_what_must_stand_once_stands_once_in_each_mail(digest: Digest) -> None:
    mailer = RecordingMailer()
    send(digest, mailer)
    for mail in mailer.sent:
        message = email.message_from_bytes(mail.content)
        for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version"):
            assert len(message.get_all(name, [])) == 1, name
        assert len(getaddresses([message["To"]])) == 1


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
            sweep_batches()
        with unit_of_work():
            assert take_lease(batch_id=batch_ids(digest)[0]) is not None

    with pytest.raises(LeaseLost):
        send(digest, Sleeping())
    written = states(digest).get(DeliveryState.SENT, 0)
    assert written <= 3, "only what was written while it still held the lease"


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
