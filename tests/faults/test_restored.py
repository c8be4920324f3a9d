"""Yesterday's backup is restored: nothing is sent until staff release it (fault 27)."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.clock import utc_now
from newsletter.deliveries.sweep import sweep_digests
from newsletter.digests.models import DigestState
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.mail.sending_hold import current_mark
from newsletter.subscriptions.letters import due_letters
from newsletter.unit_of_work import unit_of_work
from tests.faults.digests import (
    publication_with_readers,
    started_digest,
    state_of,
    wait_until_sent,
)
from tests.faults.readers import letters_waiting, open_a_publication, sign_up
from tests.faults.service import Service
from tests.faults.sizes import READERS
from tests.faults.test_sqlite import database_file
from workers import hold

pytestmark = pytest.mark.fault

#: A worker that sends lets no such time pass before the first mail.
STANDSTILL_SECONDS = 6.0


def copy_of(file: Path) -> Path:
    """Back a database up as operators are told to."""
    copied = file.with_suffix(".backup")
    with closing(sqlite3.connect(file)) as from_, closing(sqlite3.connect(copied)) as to:
        from_.backup(to)
    return copied


def restore(backup: Path, file: Path) -> None:
    """Put a backup in the place of a database that nobody uses any more."""
    db.session.remove()
    db.engine.dispose()
    for left in file.parent.glob(f"{file.name}-*"):
        left.unlink()
    backup.replace(file)


def sweep_digests_and_letters() -> None:
    """Do what the scheduler has done four times a minute."""
    with unit_of_work():
        sweep_digests(now=utc_now())
        for letter_id in due_letters(now=utc_now()):
            enqueue(Job.SEND_LETTER, letter_id=letter_id)


def held() -> bool:
    db.session.rollback()
    mark = current_mark()
    db.session.rollback()
    return bool(mark and mark.held_since)


def test_a_restored_backup_sends_nothing_until_staff_release_it(
    service_on_sqlite: Service,
) -> None:
    service = service_on_sqlite
    service.silence_worker_clock()  # no digest is started by the clock
    open_a_publication()
    digest = started_digest(publication_with_readers(READERS))
    hold.mark()
    backup = copy_of(database_file())
    hold.mark()  # a minute later

    service.start("worker")
    wait_until_sent(service, digest)
    assert service.ledger.count == READERS
    service.stop_all()
    restore(backup, database_file())
    assert state_of(digest) is DigestState.SCHEDULED, "it takes itself for unsent"

    service.start("web", "worker")
    service.wait_for_pages()
    assert sign_up(service, "new@example.org").status == 200, "readers notice nothing"
    service.wait(held, "the hold")
    sweep_digests_and_letters()
    time.sleep(STANDSTILL_SECONDS)
    assert service.ledger.count == READERS
    assert letters_waiting() == 1
    assert state_of(digest) is DigestState.SCHEDULED

    service.flask("sending", "release")
    sweep_digests_and_letters()
    wait_until_sent(service, digest)
    service.wait(lambda: letters_waiting() == 0, "the letter")
    assert service.ledger.count == 2 * READERS + 1, "as staff wished"
