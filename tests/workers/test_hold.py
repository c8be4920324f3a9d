"""While sending is held no task sends anything, and the mark stands still."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.articles.models import Alarm, AlarmKind
from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_hold import PreflightHold
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
def test_staff_are_not_told_either_of_what_an_earlier_state_has_them_told(make: Make) -> None:
    paper, moment = make.publication(), utc_now() - timedelta(minutes=1)
    digest = make.digest(publication=paper, state=DigestState.SCHEDULED, tell_pause_at=moment)
    with unit_of_work() as session:
        alarm = Alarm(
            publication_id=paper.id,
            kind=AlarmKind.BURST,
            reason="",
            raised_at=moment,
            tell_at=moment,
        )
        session.add_all([alarm, PreflightHold(digest_id=digest.id, held_at=moment, tell_at=moment)])
    letters.pause(digest_id=digest.id)
    letters.alarm(alarm_id=alarm.id)
    letters.held_digest(digest_id=digest.id)
    db.session.rollback()
    waiting = (Digest.tell_pause_at, Alarm.tell_at, PreflightHold.tell_at)
    assert [db.session.scalar(sa.select(one)) for one in waiting] == [moment] * 3


@pytest.mark.usefixtures("gone_back")
def test_no_proof_goes_out_either(app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(letters, "send_proof", lambda **ids: sent.append(ids["digest_id"]))
    letters.proof(digest_id=make.digest(publication=make.publication()).id, staff_id=1)
    assert sent == []


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
