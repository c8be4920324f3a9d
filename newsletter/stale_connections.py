"""Connections that ended while they lay in the pool: found without asking each of them.

SQLAlchemy's `pool_pre_ping` asks a question whenever a connection is taken: a round trip in every
transaction. A PostgreSQL that ends a connection says so, and tells an idle one nothing else, so
what can be read from it is its end. Only after a long rest is it asked, for a firewall in between
may have forgotten it without a word.
"""

import select
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Pool, event
from sqlalchemy.exc import DisconnectionError

#: What rested no longer than this is not asked.
REST_SECONDS = 30.0
_RESTS_SINCE = "newsletter_rests_since"


def replace_in(pool: Pool, *, answers: Callable[[Any], bool]) -> None:
    """Let a pool of PostgreSQL connections open another one in place of one that ended.

    Args:
        answers: asks a connection; says whether it answered.
    """

    def look(connection: Any, record: Any, _proxy: Any) -> None:
        rested = time.monotonic() - record.info.get(_RESTS_SINCE, time.monotonic())
        if _has_ended(connection) or (rested > REST_SECONDS and not answers(connection)):
            raise DisconnectionError

    event.listen(pool, "checkout", look)
    event.listen(pool, "checkin", _note_rest)


def _note_rest(_connection: Any, record: Any) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


def _has_ended(connection: Any) -> bool:
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
