"""Cancelling a digest on its way: what counts at once, what follows, and who is right."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries import fan_out_slices, leave_out
from newsletter.deliveries.control import cancel_digest, skip_digest
from newsletter.deliveries.lease import take_lease
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.outcomes import record_sent
from newsletter.deliveries.progress import progress
from newsletter.deliveries.send import send_batch
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.start import WrongDigestState
from newsletter.extensions import db
from newsletter.mail.mailer import Accepted, Deferred, InDoubt, Outcome, OutgoingMail
from newsletter.mail.mailer import RecordingMailer as Recording
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import Make, reload
from workers import deliveries as tasks

READERS = 12


@pytest.fixture
def digest(make: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Iterator[Digest]:
    """A digest for a dozen readers in batches of three."""
    monkeypatch.setattr(fan_out_slices, "BATCH_SIZE", 3)
    monkeypatch.setattr(
        fan_out_slices, "SLICES_AT_ONCE", 1
    )  # the first batch has the first readers
    home = make.publication()
    make.article(publication=home)
    for number in range(READERS):
        make.subscription(publication=home, email=f"reader{number:02}@example.org")
    return publish(home, now=utc_now())


def cancel(digest: Digest) -> int:
    with unit_of_work():
        return cancel_digest(digest=digest, reason="a wrong headline", now=utc_now())


def test_who_skips_a_moment_too_late_stops_nothing_and_loses_no_article(digest: Digest) -> None:
    """The readers' cursors have moved: cancelled by a skip, it would never reach them."""
    with pytest.raises(WrongDigestState, match="too late"), unit_of_work():
        skip_digest(digest=digest, reason="skipped by staff", now=utc_now())
    assert reload(digest).state is DigestState.SENDING


@pytest.mark.parametrize("answer", [Deferred, InDoubt, Accepted])
def test_an_answer_that_comes_after_the_cancelling_revives_nothing(
    digest: Digest, answer: type[Outcome]
) -> None:
    def cancelled_meanwhile(mail: OutgoingMail) -> Outcome:
        cancel(digest)
        return answer(mail.id, 451, "later") if answer is Deferred else answer(mail.id, "words")  # type: ignore[call-arg,arg-type]

    mailer = Recording(answers={"reader02@example.org": cancelled_meanwhile})
    send_batch(batch_id=batch_ids(digest)[0], mailer=mailer, clock=utc_now)
    tasks.sweep()
    shown = progress(reload(digest), now=utc_now())
    sent = 3 if answer is Accepted else 2
    assert (shown.sent, shown.deferred, shown.queued) == (sent, 0, 0)
    assert shown.skipped == {"cancelled": READERS - sent}
    assert shown.in_doubt == (answer is InDoubt)
    assert shown.done
    assert {batch.state for batch in db.session.scalars(sa.select(Batch))} == {BatchState.DONE}


def test_what_was_accepted_is_sent_though_it_was_cancelled_before_its_row_was_written(
    digest: Digest,
) -> None:
    cancel(digest)
    delivery = db.session.scalars(sa.select(Delivery).order_by(Delivery.id)).first()
    assert delivery is not None
    with unit_of_work():
        record_sent(replies=[(delivery.id, "250 ok")], now=utc_now())
    shown = reload(delivery)
    assert (shown.state, shown.reason, shown.reply) == (DeliveryState.SENT, "", "250 ok")


def test_a_sent_mail_stays_what_it_is_when_its_note_is_read_late(digest: Digest) -> None:
    delivery = db.session.scalars(sa.select(Delivery).order_by(Delivery.id)).first()
    assert delivery is not None
    earlier = utc_now() - timedelta(hours=1)
    for words, moment in (("250 first", earlier), ("250 again", utc_now())):
        with unit_of_work():
            record_sent(replies=[(delivery.id, words)], now=moment)
    assert (reload(delivery).reply, reload(delivery).sent_at) == ("250 first", earlier)


def test_a_large_digest_is_cancelled_at_once_and_its_rows_follow(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leave_out, "BATCHES_AT_ONCE", 1)
    assert cancel(digest) == READERS
    assert reload(digest).state is DigestState.CANCELLED
    assert states(digest) == {DeliveryState.SKIPPED: 3, DeliveryState.QUEUED: READERS - 3}
    mailer = Recording()
    assert [send_batch(batch_id=one, mailer=mailer, clock=utc_now) for one in batch_ids(digest)]
    assert mailer.tried == []
    tasks.sweep()
    assert states(digest) == {DeliveryState.SKIPPED: READERS}


def test_a_batch_whose_worker_died_ends_with_the_cancelled_digest(digest: Digest) -> None:
    first = batch_ids(digest)[0]
    with unit_of_work():
        assert take_lease(batch_id=first) is not None
    cancel(digest)
    assert states(digest)[DeliveryState.QUEUED] == 3, "they are in a worker's hand"
    with unit_of_work() as session:
        leased = sa.update(Batch).where(Batch.state == BatchState.LEASED)
        session.execute(leased.values(lease_until=utc_now() - timedelta(minutes=1)))
    with unit_of_work():
        sweep_batches()
    tasks.sweep()
    assert states(digest) == {DeliveryState.SKIPPED: READERS}
