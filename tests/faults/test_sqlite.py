"""SQLite without room and locked by another program (faults 14 and 15)."""

import resource
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from newsletter.extensions import db
from tests.faults.books import balance, nothing_sent_too_early
from tests.faults.digests import (
    digest_in_batches,
    let_leases_run_out,
    wait_until_nobody_sends,
    wait_until_sent,
)
from tests.faults.readers import letters_waiting, open_a_publication, rows_of_signups, sign_up
from tests.faults.service import Service
from tests.faults.sizes import READERS, seconds

pytestmark = pytest.mark.fault

#: A worker that sends lets no such time pass between two mails.
STANDSTILL_SECONDS = 3.0


def database_file() -> Path:
    name = db.engine.url.database
    assert name
    return Path(name)


def test_a_full_disk_calls_nothing_sent_and_is_survived(service_on_sqlite: Service) -> None:
    service = service_on_sqlite
    digest = digest_in_batches(READERS)
    open_a_publication()
    service.start("web", "worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    service.wait_for_pages()
    service.wait_for_mails(READERS // 3)
    let_files_grow(service, on=False)
    refused = sign_up(service, "early@example.org")
    assert (refused.status, "Retry-After" in refused.headers) == (503, True)
    assert "early@example.org" not in rows_of_signups()
    stuck_at = wait_until_stuck(service)
    assert stuck_at < READERS, "nobody goes on who cannot write down what was sent"
    nothing_sent_too_early(digest, service.ledger)
    let_files_grow(service, on=True)
    service.wait(lambda: sign_up(service, "late@example.org").status == 200, "a signup")
    wait_until_nobody_sends(service)
    let_leases_run_out()
    wait_until_sent(service, digest)
    service.wait(lambda: letters_waiting() == 0, "the letter")
    assert service.restarts == {}, "no process ended"
    assert service.ledger.take_out("late@example.org") == 1
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


def wait_until_stuck(service: Service) -> int:
    """Return the number of mails at which sending came to a standstill."""
    count, since = -1, time.monotonic()

    def stands_still() -> bool:
        nonlocal count, since
        if service.ledger.count != count:
            count, since = service.ledger.count, time.monotonic()
        return time.monotonic() - since > STANDSTILL_SECONDS

    service.wait(stands_still, "a standstill")
    return count


def let_files_grow(service: Service, *, on: bool) -> None:
    """Let no file of the processes grow any more: what a full disk does to a database.

    The limit of a process, since to fill a disk would need one that is ours alone.
    """
    for name in service.processes:
        for process_id in service.members(name):
            _, hard = resource.prlimit(process_id, resource.RLIMIT_FSIZE)
            soft = hard if on else 1
            resource.prlimit(process_id, resource.RLIMIT_FSIZE, (soft, hard))


def test_a_database_locked_by_another_program_is_waited_for(service_on_sqlite: Service) -> None:
    service = service_on_sqlite
    digest = digest_in_batches(READERS)
    open_a_publication()
    service.start("web", "worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    service.wait_for_pages()
    service.wait_for_mails(READERS // 3)
    lasting = seconds(whole=30, short=5)
    lock = threading.Thread(target=lock_database, args=(database_file(), lasting))
    lock.start()
    signed_up = sign_up(service, "reader@example.net")
    lock.join()
    assert signed_up.status == 200, "she waited for her answer, and got it"
    wait_until_sent(service, digest)
    service.wait(lambda: letters_waiting() == 0, "the letter")
    assert service.restarts == {}
    assert service.ledger.take_out("reader@example.net") == 1
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


def lock_database(file: Path, lasting: float) -> None:
    """Write to the database as another program would, for so many seconds."""
    other = sqlite3.connect(file, timeout=60, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(lasting)
    other.execute("ROLLBACK")
    other.close()
