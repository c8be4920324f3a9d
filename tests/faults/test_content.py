"""Content that kills whoever renders or compiles it, as for want of memory (fault 24)."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.control import release_batches
from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.models import Batch, DeliveryState
from newsletter.deliveries.sweep import sweep_digests
from newsletter.digests.models import Digest, DigestState, Variant
from newsletter.digests.publishing import MOST_ATTEMPTS, is_quarantined, release_publishing
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests.faults.digests import (
    counts,
    digest_in_batches,
    publication_with_readers,
    started_digest,
    state_of,
    sweep,
)
from tests.faults.service import Service
from tests.faults.sizes import READERS, WHOLE

pytestmark = pytest.mark.fault

#: A lease in seconds; none given: as in production.
HURRY = {} if WHOLE else {"ALTERED_LEASE_SECONDS": "3"}
#: Five leases and what lies between them.
LONG = 1200.0 if WHOLE else 180.0


def name_deadly(digest_id: int) -> None:
    """Give a digest the word that kills; see `altered.die_of`."""
    with unit_of_work() as session:
        session.get_one(Digest, digest_id).subject = "Deadly news"


def wait_with_sweeps(service: Service, condition: Callable[[], bool], what: str) -> None:
    """Wait while the sweepers come round each second, and nothing starts digests by the clock."""
    swept_at = 0.0

    def check() -> bool:
        nonlocal swept_at
        if time.monotonic() - swept_at > 1:
            swept_at = time.monotonic()
            sweep()
            with unit_of_work():
                sweep_digests(now=utc_now())
        return condition()

    service.wait(check, what, within=LONG)


def is_sent(digest_id: int) -> bool:
    return state_of(digest_id) is DigestState.SENT


def test_a_digest_that_kills_whoever_renders_it_is_quarantined_and_another_is_sent(
    service: Service,
) -> None:
    deadly = started_digest(publication_with_readers(10))
    name_deadly(deadly)
    service.silence_worker_clock()
    service.start("worker", ALTERED_DEADLY_RENDER="Deadly", **HURRY)

    def quarantined() -> bool:
        db.session.rollback()
        return is_quarantined(db.session.get_one(Digest, deadly))

    wait_with_sweeps(service, lambda: _attempts(deadly) > 1, "a second attempt")
    well = started_digest(publication_with_readers(READERS, first=10))
    wait_with_sweeps(service, lambda: is_sent(well), "the end of the other digest")
    wait_with_sweeps(service, quarantined, "the quarantine")
    assert _attempts(deadly) == MOST_ATTEMPTS
    assert service.ledger.count == READERS, "the others got theirs, once"

    service.kill("worker")
    service.start("worker", **HURRY)  # what killed is mended
    with unit_of_work() as session:
        assert release_publishing(digest=session.get_one(Digest, deadly))
    wait_with_sweeps(service, lambda: is_sent(deadly), "the end of what was released")
    assert counts(deadly) == {DeliveryState.SENT: 10}


def test_a_batch_that_kills_whoever_compiles_it_is_quarantined_and_another_digest_is_sent(
    service: Service,
) -> None:
    deadly = digest_in_batches(10, batches=1)
    with unit_of_work() as session:
        session.execute(sa.update(Variant).values(subject="Deadly news"))
    service.silence_worker_clock()
    service.start("worker", ALTERED_DEADLY_COMPILE="Deadly", **HURRY)

    def lost() -> int:
        db.session.rollback()
        return db.session.scalars(
            sa.select(Batch.lost_leases).where(Batch.digest_id == deadly)
        ).one()

    wait_with_sweeps(service, lambda: lost() > 1, "a second death")
    well = started_digest(publication_with_readers(READERS, first=10))
    wait_with_sweeps(service, lambda: is_sent(well), "the end of the other digest")
    wait_with_sweeps(service, lambda: lost() >= MOST_LOST_LEASES, "the quarantine")
    assert service.ledger.count == READERS, "the others got theirs, once"

    service.kill("worker")
    service.start("worker", **HURRY)  # what killed is mended
    with unit_of_work() as session:
        assert release_batches(digest=session.get_one(Digest, deadly)) == 1
    wait_with_sweeps(service, lambda: is_sent(deadly), "the end of what was released")
    assert (service.ledger.count, service.ledger.surplus) == (READERS + 10, 0)


def _attempts(digest_id: int) -> int:
    db.session.rollback()
    return db.session.scalars(
        sa.select(Digest.publish_attempts).where(Digest.id == digest_id)
    ).one()
