"""One large digest: the worker killed at random moments, Redis emptied at others (faults 2 and 8).

Sizes by environment: FAULT_SHOW_READERS, FAULT_SHOW_KILLS, FAULT_SHOW_FLUSHES.
"""

import random
import time

import pytest

from newsletter.digests.models import DigestState
from tests.faults.books import balance, nothing_sent_too_early
from tests.faults.digests import (
    let_leases_run_out,
    publication_with_readers,
    started_digest,
    state_of,
    wait_until_sent,
)
from tests.faults.service import Service
from tests.faults.sizes import SHOW_FLUSHES, SHOW_KILLS, SHOW_READERS

pytestmark = pytest.mark.fault


def test_a_large_digest_survives_kills_and_emptied_queues(service: Service) -> None:
    publication = publication_with_readers(SHOW_READERS)
    service.start("worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    begun = time.monotonic()
    digest = started_digest(publication)
    acts = ["kill"] * SHOW_KILLS + ["flush"] * SHOW_FLUSHES
    random.shuffle(acts)
    step = SHOW_READERS // (len(acts) + 1)
    at_risk = 0
    for number, act in enumerate(acts, start=1):
        # Apart from each other: what Redis forgot must have reached the rows before a kill.
        service.wait_for_mails(number * step + random.randrange(step // 2))
        if act == "flush":
            service.queue.flush()
            continue
        at_risk += service.kill("worker")
        nothing_sent_too_early(digest, service.ledger)
        assert state_of(digest) is DigestState.SENDING
        let_leases_run_out()
        service.start("worker")
    wait_until_sent(service, digest, within=1800)
    print(f"{SHOW_KILLS} kills, {SHOW_FLUSHES} flushes, {time.monotonic() - begun:.0f} s")
    balance(digest, service.ledger, readers=SHOW_READERS, doubled_at_most=at_risk)
