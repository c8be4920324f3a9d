"""What a relay refuses, puts off or leaves in doubt, and batches that kill their workers."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.control import (
    release_batches,
)
from newsletter.deliveries.lease import MOST_LOST_LEASES, take_lease
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.outcomes import FEWEST_ATTEMPTS
from newsletter.deliveries.progress import progress
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.mail.mailer import (
    Deferred,
    InDoubt,
    OutgoingMail,
    RecordingMailer,
    Refused,
)
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import batch_ids, states
from tests.deliveries.sending import DyingMailer, Killed, send
from tests.deliveries.sending import digest as digest
from tests.factories import reload


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
        sweep_batches()


def test_a_batch_that_kills_its_workers_is_quarantined_until_staff_release_it(
    digest: Digest,
) -> None:
    for _ in range(MOST_LOST_LEASES):
        _lose_lease(digest)
    mailer = RecordingMailer()
    assert send(digest, mailer) == [None]
    with unit_of_work():
        assert sweep_batches() == 0
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
            assert sweep_batches() == 1
    assert send(digest, RecordingMailer()) == [BatchState.DONE]
