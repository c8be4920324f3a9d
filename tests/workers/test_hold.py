"""While sending is held no task sends anything, and the mark stands still."""

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db, redis
from newsletter.mail.models import SendingMark
from newsletter.mail.sending_hold import REDIS_KEY, current_mark
from newsletter.subscriptions.models import Letter, LetterState
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.deliveries.conftest import publish as publish
from tests.factories import Make
from workers import deliveries, digests, hold, letters


@pytest.fixture
def gone_back(app: Flask) -> None:
    """A database that is behind what Redis saw."""
    hold.mark()
    redis.set(REDIS_KEY, 50)


def states(model: type[Letter] | type[Digest] | type[Batch]) -> set[str]:
    db.session.rollback()
    return {row.state.value for row in db.session.scalars(sa.select(model))}


@pytest.mark.usefixtures("gone_back")
def test_no_letter_no_digest_and_no_batch_goes_out(make: Make, publish: Publish) -> None:
    paper = make.publication()
    make.article(publication=paper)
    letter = make.letter(subscription=make.subscription(publication=paper))
    make.subscription(publication=paper)
    digest = publish(paper)
    letters.send(letter_id=letter.id)
    for batch_id in db.session.scalars(sa.select(Batch.id)).all():
        deliveries.send(batch_id=batch_id)
    digests.start_due_digests()
    with unit_of_work() as session:
        session.get_one(Digest, digest.id).state = DigestState.SCHEDULED
    digests.publish(digest_id=digest.id)
    assert states(Letter) == {LetterState.QUEUED.value}
    assert states(Batch) == {"queued"}
    assert states(Digest) == {DigestState.SCHEDULED.value}


@pytest.mark.usefixtures("gone_back")
def test_the_mark_does_not_hide_that_the_database_went_back() -> None:
    hold.mark()
    mark = current_mark()
    assert mark is not None
    assert mark.number == 1
    assert mark.held_since is not None


def test_each_mark_is_told_to_the_witnesses(app: Flask) -> None:
    hold.mark()
    hold.mark()
    assert hold.witnesses().highest() == 2
    with unit_of_work() as session:
        session.execute(sa.update(SendingMark).values(held_since=utc_now(), reason="held"))
    hold.mark()
    assert hold.witnesses().highest() == 2
