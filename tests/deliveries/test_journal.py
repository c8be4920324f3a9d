"""The journal: what it keeps when workers sleep, die, or Redis does not answer."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeout

from newsletter.clock import utc_now
from newsletter.deliveries import journal as journal_module
from newsletter.deliveries.journal import Journal, JournalUnavailable
from newsletter.deliveries.lease import take_lease
from newsletter.deliveries.models import Batch, BatchState, DeliveryState
from newsletter.deliveries.progress import progress
from newsletter.deliveries.send import send_batch
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest
from newsletter.extensions import redis
from newsletter.mail.mailer import Accepted, Outcome, OutgoingMail, RecordingMailer
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import Make, reload

READERS = 8


@pytest.fixture(autouse=True)
def _not_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_quiet_until", float("-inf"))


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    home = make.publication()
    make.article(publication=home)
    for number in range(READERS):
        make.subscription(publication=home, email=f"reader{number}@example.org")
    return publish(home, now=utc_now())


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let Redis take a moment to fail, once something is put into the list; keep the calls."""
    calls: list[float] = []
    real = Redis.execute_command

    def execute(self: Redis, *command: object, **options: object) -> object:
        if not calls or "journal" not in str(command):
            return real(self, *command, **options)
        calls.append(time.monotonic())
        raise RedisTimeout("Timeout reading from socket")

    monkeypatch.setattr(Redis, "execute_command", execute)
    return calls


def accepted(*ids: int) -> list[Accepted]:
    return [Accepted(str(one), "250 ok") for one in ids]


def test_notes_are_read_by_another_holder_and_forgotten_once_written(app: Flask) -> None:
    first, second = Journal(batch_id=1), Journal(batch_id=1)
    assert first.note(accepted(1, 2))
    assert first.note(accepted(3))
    assert second.read() == dict.fromkeys((1, 2, 3), "250 ok")
    second.forget(second.taken())
    assert Journal(batch_id=1).read() == {}
    assert redis.keys("newsletter:journal:*") == []


def test_a_holder_that_slept_takes_nothing_away_from_the_one_that_followed(app: Flask) -> None:
    slept, followed = Journal(batch_id=1), Journal(batch_id=1)
    slept.note(accepted(1, 2))
    followed.read()
    followed.forget(followed.taken())
    followed.note(accepted(3, 4))
    slept.forget(slept.taken())
    assert Journal(batch_id=1).read() == dict.fromkeys((3, 4), "250 ok")


def test_what_a_sleeper_notes_late_is_kept_beside_the_notes_of_others(app: Flask) -> None:
    slept, followed = Journal(batch_id=1), Journal(batch_id=1)
    followed.note(accepted(3))
    slept.note(accepted(1))
    followed.forget(followed.taken())
    assert Journal(batch_id=1).read() == {1: "250 ok"}


def test_notes_that_could_not_be_forgotten_are_forgotten_with_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(batch_id=1)
    journal.note(accepted(1, 2))
    with monkeypatch.context() as patch:
        patch.setattr("newsletter.deliveries.journal._quiet_until", time.monotonic() + 60)
        journal.forget(journal.taken())
    assert len(Journal(batch_id=1).read()) == 2
    journal.note(accepted(3))
    journal.forget(journal.taken())
    assert Journal(batch_id=1).read() == {}


def test_while_redis_is_frozen_it_is_asked_once_in_a_while_not_for_each_group(
    digest: Digest, frozen: list[float]
) -> None:
    class Freezing(RecordingMailer):
        def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
            for number, group in enumerate(super().send(mails)):
                if number == 2:
                    frozen.append(time.monotonic())
                yield group

    (batch_id,) = batch_ids(digest)
    mailer = Freezing()
    assert send_batch(batch_id=batch_id, mailer=mailer, clock=utc_now) is BatchState.DONE
    assert states(digest) == {DeliveryState.SENT: READERS}
    assert len(frozen) == 2, "the freezing itself, and one attempt to note"


def die_with(batch_id: int) -> None:
    """Let a worker take the batch and die; its lease runs out and the sweeper comes round."""
    with unit_of_work() as session:
        assert take_lease(batch_id=batch_id) is not None
        session.execute(sa.update(Batch).values(lease_until=utc_now() - timedelta(minutes=1)))
    with unit_of_work():
        sweep_batches()


def test_the_batch_of_a_dead_worker_waits_until_its_notes_can_be_read(
    digest: Digest, frozen: list[float]
) -> None:
    (batch_id,) = batch_ids(digest)
    die_with(batch_id)
    frozen.append(time.monotonic())
    mailer = RecordingMailer()
    assert send_batch(batch_id=batch_id, mailer=mailer, clock=utc_now) is BatchState.QUEUED
    assert mailer.tried == []
    waits = progress(reload(digest), now=utc_now()).waiting_for
    assert waits == ("The queue server does not answer, and it knows which mails have left.",)

    frozen.clear()
    with unit_of_work() as session:
        session.execute(sa.update(Batch).values(next_attempt_at=utc_now()))
    assert send_batch(batch_id=batch_id, mailer=mailer, clock=utc_now) is BatchState.DONE
    assert len(mailer.sent) == READERS


def test_a_batch_that_nobody_died_of_is_sent_without_redis(
    digest: Digest, frozen: list[float]
) -> None:
    frozen.append(time.monotonic())
    with pytest.raises(JournalUnavailable):
        Journal(batch_id=1).read()
    (batch_id,) = batch_ids(digest)
    assert send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=utc_now) is BatchState.DONE
