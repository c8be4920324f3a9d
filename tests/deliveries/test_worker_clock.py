"""Workers whose clocks are wrong: deliveries go by the database's, as their batches do."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter import clock
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.extensions import db
from newsletter.mail.mailer import Deferred, RecordingMailer
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import Make
from workers import deliveries as tasks


@pytest.fixture(params=[-2, 2], ids=["behind", "ahead"])
def _wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this worker's own clock be wrong by two hours; the database's is right."""
    by = timedelta(hours=request.param)
    monkeypatch.setattr(tasks, "utc_now", lambda: clock.utc_now() + by, raising=False)


@pytest.mark.usefixtures("_wrong_clock")
def test_a_worker_whose_clock_is_wrong_tries_again_when_it_is_time(
    make: Make,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = make.publication()
    make.article(publication=home)
    make.subscription(publication=home, email="reader@example.org")
    digest = publish(home, now=clock.utc_now())
    (batch_id,) = batch_ids(digest)
    busy = {"reader@example.org": lambda mail: Deferred(mail.id, 451, "4.3.0 busy")}
    mailer = RecordingMailer(answers=busy)
    monkeypatch.setattr(tasks, "mailer", lambda: mailer)

    tasks.send(batch_id)
    delivery = db.session.scalars(sa.select(Delivery)).one()
    assert delivery.next_attempt_at is not None
    wait = delivery.next_attempt_at - clock.utc_now()
    assert timedelta(minutes=4) < wait < timedelta(minutes=8)

    with unit_of_work() as session:
        due = clock.utc_now() - timedelta(seconds=1)
        session.execute(sa.update(Delivery).values(next_attempt_at=due))
        session.execute(sa.update(Batch).values(next_attempt_at=due))
    busy.clear()
    tasks.send(batch_id)
    assert states(digest) == {DeliveryState.SENT: 1}
