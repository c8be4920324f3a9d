"""Two programs at one digest: who waits for whom, and what the one that waited then finds."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.deliveries.control import cancel_digest
from newsletter.digests.drafts import draft_ahead
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_gate import send_anyway
from newsletter.digests.start import draft_by_hand, locked, start_due
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

HOUR = NOW.replace(hour=8) + timedelta(days=1)
EARLY = HOUR - timedelta(minutes=45)


@pytest.fixture
def home(make: Make) -> Publication:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    home = make.publication(created_at=NOW, draft_lead_minutes=60)
    make.subscription(publication=home)
    make.article(publication=home)
    return home


def wait_until_somebody_waits() -> None:
    """Return once the database has a lock that somebody asked for and did not get."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(200):
        if db.session.scalar(waiting):
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


@contextmanager
def meanwhile(app: Flask, act: Callable[[], None]) -> Iterator[None]:
    """Do something in a thread until the block ends, and show what went wrong in it."""
    trouble: list[Exception] = []

    def run() -> None:
        try:
            with app.app_context(), unit_of_work():
                act()
        except Exception as error:  # noqa: BLE001  # shown at the end
            trouble.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert not trouble


def test_a_draft_that_is_being_skipped_as_its_hour_strikes_does_not_go(
    app: Flask, home: Publication
) -> None:
    with unit_of_work():
        (draft,) = draft_ahead(publication_id=home.id, now=EARLY)
    digest_id, publication_id = draft.id, home.id
    skipped = threading.Event()

    def skip() -> None:
        found = db.session.get_one(Digest, digest_id)
        cancel_digest(digest=found, reason="skipped", now=HOUR)
        skipped.set()
        wait_until_somebody_waits()

    with meanwhile(app, skip):
        skipped.wait()
        with unit_of_work():
            started = start_due(publication_id=publication_id, now=HOUR)
    assert [one for one in started if one.cadence is Cadence.DAILY] == []
    assert reload(draft).state is DigestState.CANCELLED


def test_who_sends_a_digest_anyway_waits_for_the_clock_before_it_takes_the_digest(
    app: Flask, home: Publication
) -> None:
    """The clock has the publication and wants the digest: each would wait for the other."""
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=NOW)
    digest_id, publication_id = digest.id, home.id
    begun = threading.Event()

    def as_the_clock_does() -> None:
        locked(publication_id)
        begun.set()
        wait_until_somebody_waits()
        db.session.get_one(Digest, digest_id, with_for_update={"nowait": True})

    with meanwhile(app, as_the_clock_does):
        begun.wait()
        with unit_of_work():
            send_anyway(digest=db.session.get_one(Digest, digest_id), errors=[])
    assert reload(digest).state is DigestState.SCHEDULED
