"""The database's clock: workers whose clocks differ still agree on who has what in hand."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.extensions import db


def database_now() -> datetime:
    """Return the moment by the database's clock; leases are written and judged by no other."""
    if db.session.get_bind().dialect.name != "postgresql":
        return utc_now()  # SQLite lives in this process: its clock is ours
    moment: datetime = db.session.scalars(sa.select(sa.func.clock_timestamp())).one()
    return moment


def database_clock() -> Callable[[], datetime]:
    """Return a clock that is set by the database's once and then goes by itself, for minutes."""
    set_to, set_at = database_now(), time.monotonic()
    return lambda: set_to + timedelta(seconds=time.monotonic() - set_at)
