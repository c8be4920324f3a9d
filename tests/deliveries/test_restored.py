"""After a restored backup nobody gets the number of a reader or mail of the lost hours."""

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.restored import AHEAD, release_restored
from newsletter.extensions import Model, db, redis
from newsletter.mail.sending_hold import REDIS_KEY, SendingNotHeld, Witnesses
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.factories import Make
from workers import hold


def release() -> int:
    with unit_of_work():
        return release_restored(
            witnesses=Witnesses(redis=redis, folder=settings.var_dir), now=utc_now()
        )


def live(make: Make, publish: Publish) -> dict[type[Model], int]:
    """Let a reader come and get a digest; return the newest number of each kind of row."""
    home = make.publication()
    make.article(publication=home)
    make.subscription(publication=home)
    publish(home)
    newest = {model: db.session.scalar(sa.select(sa.func.max(model.id))) for model in AHEAD}
    return {model: number for model, number in newest.items() if number is not None}


@pytest.fixture
def _gone_back(app: Flask) -> None:
    hold.mark()
    redis.set(REDIS_KEY, 50)
    assert hold.is_held()


@pytest.mark.usefixtures("_gone_back")
def test_who_and_what_comes_after_it_has_none_of_the_numbers_that_were_lost(
    make: Make, publish: Publish
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite counts on from the last row")
    before = live(make, publish)
    release()
    after = live(make, publish)
    for model, rows in AHEAD.items():
        if model in before:
            assert rows < after[model] - before[model] < 2 * rows, model


@pytest.mark.usefixtures("_gone_back")
def test_sending_is_released_on_either_database() -> None:
    assert release() > 50
    with pytest.raises(SendingNotHeld):
        release()
