"""The great show: one large digest, the worker killed at random, Redis emptied (faults 2 and 8).

Sizes by environment: FAULT_SHOW_READERS, FAULT_SHOW_KILLS, FAULT_SHOW_FLUSHES.
"""

import random
import time

import pytest
import sqlalchemy as sa

from newsletter.deliveries import records
from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.models import DigestState
from newsletter.extensions import db, redis
from tests.faults.books import balance, nothing_sent_too_early
from tests.faults.digests import (
    let_leases_run_out,
    publication_with_readers,
    started_digest,
    state_of,
    wait_until_sent,
)
from tests.faults.service import Service
from tests.faults.sizes import BATCHES, SHOW_FLUSHES, SHOW_KILLS, SHOW_READERS, WHOLE

pytestmark = pytest.mark.fault


#: Rows are written each second: so long after Redis forgot them, no note is needed any more.
WRITTEN_SECONDS = records.WAIT_SECONDS + 1.0


def test_a_large_digest_survives_kills_and_emptied_queues(service: Service) -> None:
    publication = publication_with_readers(SHOW_READERS)
    altered = {} if WHOLE else {"ALTERED_BATCH_SIZE": str(SHOW_READERS // BATCHES)}
    service.start("worker", **altered)
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    begun = time.monotonic()
    digest = started_digest(publication)
    at_risk = 0
    for moment, act in moments():
        service.wait_for_mails(moment)
        if act == "flush":
            service.wait(are_notes_of_the_dead_read, "the reading of all notes of the dead")
            service.queue.flush()
            time.sleep(WRITTEN_SECONDS)  # both at once is another test
            continue
        at_risk += service.kill("worker")
        nothing_sent_too_early(digest, service.ledger)
        assert state_of(digest) is DigestState.SENDING
        let_leases_run_out()
        service.start("worker", **altered)
    wait_until_sent(service, digest, within=1800)
    print(f"{SHOW_KILLS} kills, {SHOW_FLUSHES} flushes, {time.monotonic() - begun:.0f} s")
    balance(digest, service.ledger, readers=SHOW_READERS, doubled_at_most=at_risk)


def are_notes_of_the_dead_read() -> bool:
    """Whether whoever took batches over from killed workers knows by now what those sent.

    Notes that nobody has read are all there is to know: a worker killed and Redis emptied at once
    is another test (`test_queue.py`).
    """
    noted = [int(key.rpartition(b":")[2]) for key in redis.keys("newsletter:journal:*")]
    waiting = sa.select(Batch.id).where(Batch.id.in_(noted), Batch.state == BatchState.QUEUED)
    db.session.rollback()
    found = db.session.scalars(waiting).all()
    db.session.rollback()
    return not found


def moments() -> list[tuple[int, str]]:
    """Return random numbers of mails, in order, and what happens then.

    In the short form Redis is emptied last and early enough: a small digest may well be sent before
    what would follow.
    """
    acts = ["kill"] * SHOW_KILLS + ["flush"] * SHOW_FLUSHES
    last = SHOW_READERS // 2
    if WHOLE:
        random.shuffle(acts)
        last = SHOW_READERS * 9 // 10
    return list(zip(sorted(random.sample(range(1, last), len(acts))), acts, strict=True))
