"""Publishing a digest: by one worker at a time, and given up after five that got nowhere."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries import fan_out, fan_out_slices
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.sweep import sweep_digests
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publishing import (
    MOST_ATTEMPTS,
    is_quarantined,
    release_publishing,
    take_publishing,
)
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.listener import Listener
from workers import digests as tasks

READERS = 3


@pytest.fixture
def paper(make: Make) -> Publication:
    publication: Publication = make.publication()
    make.article(publication=publication)
    for _ in range(READERS):
        make.subscription(publication=publication)
    return publication


@pytest.fixture
def digest(paper: Publication) -> Digest:
    """A digest that a worker is to publish."""
    with unit_of_work():
        made = draft_by_hand(publication_id=paper.id, cadence=Cadence.DAILY, now=NOW)
    with unit_of_work():
        send_now(digest=made)
    return made


def fresh(digest: Digest) -> Digest:
    db.session.rollback()
    return db.session.get_one(Digest, digest.id, populate_existing=True)


def take(digest: Digest) -> bool:
    with unit_of_work():
        return take_publishing(digest_id=digest.id)


def let_lease_run_out(digest: Digest) -> None:
    with unit_of_work() as session:
        past = utc_now() - timedelta(minutes=5)
        session.execute(sa.update(Digest).values(publishing_until=past))


def swept() -> int:
    with unit_of_work():
        return sweep_digests(now=utc_now())


def die_publishing(digest: Digest) -> None:
    """Take the publishing in hand and do nothing with it until the lease runs out."""
    assert take(digest)
    let_lease_run_out(digest)


def deliveries() -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(sa.func.count()).select_from(Delivery)).one()


def test_a_digest_in_one_workers_hand_is_not_to_be_had(digest: Digest) -> None:
    assert take(digest)
    assert not take(digest)
    assert swept() == 0
    tasks.publish(digest_id=digest.id)
    assert fresh(digest).state is DigestState.SCHEDULED, "the second worker left it alone"
    let_lease_run_out(digest)
    assert swept() == 1
    tasks.publish(digest_id=digest.id)
    assert (fresh(digest).state, deliveries()) == (DigestState.SENDING, READERS)


def test_a_published_digest_is_in_nobodys_hand_and_is_not_published_again(digest: Digest) -> None:
    tasks.publish(digest_id=digest.id)
    found = fresh(digest)
    assert (found.publishing_until, found.publish_attempts) == (None, 0)
    assert not take(digest)
    assert not is_quarantined(fresh(digest))


def test_a_digest_that_ends_its_workers_is_quarantined_until_staff_release_it(
    digest: Digest, queue: Listener
) -> None:
    for _ in range(MOST_ATTEMPTS):
        assert swept() == 1
        die_publishing(digest)
    assert swept() == 0
    assert not take(digest)
    assert is_quarantined(fresh(digest))
    queue.jobs.clear()
    with unit_of_work() as session:
        assert release_publishing(digest=session.get_one(Digest, digest.id))
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": digest.id})]
    tasks.publish(digest_id=digest.id)
    assert deliveries() == READERS


def test_a_digest_that_is_well_is_not_released(digest: Digest) -> None:
    with unit_of_work() as session:
        assert not release_publishing(digest=session.get_one(Digest, digest.id))


def test_the_fifth_attempt_is_still_given_its_time(digest: Digest) -> None:
    for _ in range(MOST_ATTEMPTS - 1):
        die_publishing(digest)
    assert take(digest)
    assert not is_quarantined(fresh(digest)), "somebody has it in hand"


def test_one_that_gets_on_is_not_quarantined_however_often_workers_die(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out_slices, "BATCH_SIZE", 1)
    monkeypatch.setattr(fan_out_slices, "SLICES_AT_ONCE", 1)
    whole_slice = fan_out.deliver_slices
    left = {"slices": 0}

    def dies_after_one(*given: int, **named: object) -> int | None:
        if not left["slices"]:
            raise MemoryError
        left["slices"] -= 1
        return whole_slice(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(fan_out, "deliver_slices", dies_after_one)
    for served in range(1, READERS + 1):
        for _ in range(MOST_ATTEMPTS - 1):
            die_publishing(digest)
        left["slices"] = served  # those before are gone through again and bring nothing
        with pytest.raises(MemoryError):
            tasks.publish(digest_id=digest.id)
        assert deliveries() == served
        let_lease_run_out(digest)
    left["slices"] = 9
    tasks.publish(digest_id=digest.id)
    assert fresh(digest).candidates == READERS
