"""Publishing a correction: in one worker's hand, and quarantined where nobody gets on."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.database_clock import database_now
from newsletter.deliveries import fan_out_correction, fan_out_slices
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.send import send_batch
from newsletter.digests.correction import draft_correction
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publishing import MOST_ATTEMPTS, is_quarantined, release_publishing
from newsletter.digests.start import send_now
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import NOW, Make, reload
from workers import digests as tasks

READERS = 3


@pytest.fixture
def correction(make: Make, publish: Publish) -> Digest:
    """Return a correction that is to go out, to three readers."""
    home = make.publication()
    article = make.article(publication=home, content_html="<p>Ten ships.</p>")
    for _ in range(READERS):
        make.subscription(publication=home)
    for batch_id in batch_ids(publish(home)):
        send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=lambda: NOW)
    with unit_of_work() as session:
        mine = session.merge(article)
        mine.content_html = "<p>Twelve ships.</p>"
        session.flush()
        digest = draft_correction(article=mine, note="Twelve.", now=NOW + timedelta(hours=2))
        send_now(digest=digest)
    return digest


def fresh(digest: Digest) -> Digest:
    db.session.rollback()
    return reload(digest)


def deliveries(digest: Digest) -> int:
    count = sa.select(sa.func.count()).where(Delivery.digest_id == digest.id)
    return db.session.scalars(count).one()


def die_publishing(digest: Digest) -> None:
    """Let a worker die of it, and her lease run out."""
    with pytest.raises(MemoryError):
        tasks.publish(digest_id=digest.id)
    let_lease_run_out(digest)


def let_lease_run_out(digest: Digest) -> None:
    db.session.rollback()
    with unit_of_work() as session:
        long_ago = database_now() - timedelta(seconds=1)
        session.get_one(Digest, digest.id).publishing_until = long_ago


def dies(*_: object, **__: object) -> object:
    raise MemoryError


def test_published_it_is_in_nobodys_hand(correction: Digest) -> None:
    tasks.publish(digest_id=correction.id)
    found = fresh(correction)
    assert (found.publishing_until, found.publish_attempts) == (None, 0)
    assert (found.candidates, deliveries(correction)) == (READERS, READERS)


def test_one_that_ends_its_workers_is_quarantined_until_staff_release_it(
    correction: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(fan_out_correction, "render_in", dies)
        for _ in range(MOST_ATTEMPTS):
            die_publishing(correction)
    tasks.publish(digest_id=correction.id)
    assert is_quarantined(fresh(correction))
    assert deliveries(correction) == 0
    with unit_of_work() as session:
        assert release_publishing(digest=session.get_one(Digest, correction.id))
    tasks.publish(digest_id=correction.id)
    assert (fresh(correction).state, deliveries(correction)) == (DigestState.SENDING, READERS)


def test_one_that_only_looks_at_readers_who_are_served_does_not_get_on(
    correction: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out_slices, "BATCH_SIZE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(fan_out_correction, "finish_fan_out", dies)
        for _ in range(MOST_ATTEMPTS + 1):  # the first one serves them all
            die_publishing(correction)
    assert deliveries(correction) == READERS
    assert is_quarantined(fresh(correction))
