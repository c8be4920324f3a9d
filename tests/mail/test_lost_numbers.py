"""Once a restored backup is noticed, nobody gets a number that the lost hours gave out."""

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db, redis
from newsletter.mail.lost_numbers import AHEAD
from newsletter.mail.sending_hold import REDIS_KEY
from tests.deliveries.conftest import Publish
from tests.deliveries.conftest import publish as publish
from tests.factories import Make
from workers import hold


def live(make: Make, publish: Publish) -> dict[str, int]:
    """Let a reader come and get a digest; return the newest number of each table."""
    home = make.publication()
    make.article(publication=home)
    make.subscription(publication=home)
    publish(home)
    tables = {name: db.metadata.tables[name] for name in AHEAD}
    newest = {name: db.session.scalar(sa.func.max(one.c.id)) for name, one in tables.items()}
    return {name: number for name, number in newest.items() if number is not None}


def test_who_and_what_comes_after_it_has_none_of_the_numbers_that_were_lost(
    app: Flask, make: Make, publish: Publish
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite counts on from the last row")
    before = live(make, publish)
    hold.mark()
    redis.set(REDIS_KEY, 50)
    assert hold.is_held()
    after = live(make, publish)
    assert before.keys() >= {"subscribers", "subscriptions", "digests", "batches", "deliveries"}
    for name, number in before.items():
        assert AHEAD[name] < after[name] - number < 2 * AHEAD[name], name
    assert hold.is_held()
    again = live(make, publish)
    assert again["deliveries"] - after["deliveries"] < 10, "once is enough"
