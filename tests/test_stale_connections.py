"""Connections that end in the pool: seen, or asked after a long rest, and replaced."""

import socket
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import QueuePool

from newsletter import stale_connections
from newsletter.stale_connections import REST_SECONDS


class Connection:
    """One that hears what its server says, and has a driver's few methods."""

    def __init__(self) -> None:
        self.ours, self.server = socket.socketpair()
        self.closed = False

    def fileno(self) -> int:
        return self.ours.fileno()

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
        self.ours.close()
        self.server.close()


class Pool:
    """A pool of such connections, and how often one of them was asked."""

    def __init__(self) -> None:
        self.opened: list[Connection] = []
        self.asked = 0
        self.answers = True
        self.pool = QueuePool(self._open)
        stale_connections.replace_in(self.pool, answers=self._ask)

    def use(self) -> Connection:
        taken = self.pool.connect()
        connection = taken.driver_connection
        taken.close()
        assert isinstance(connection, Connection)
        return connection

    def _open(self) -> Connection:
        self.opened.append(Connection())
        return self.opened[-1]

    def _ask(self, _connection: Connection) -> bool:
        self.asked += 1
        return self.answers


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    for connection in made.opened:
        connection.close()


def rest(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    moment = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: moment)


def test_a_connection_is_used_again_without_a_question(pool: Pool) -> None:
    assert pool.use() is pool.use()
    assert pool.asked == 0


def test_one_that_the_server_ended_is_replaced(pool: Pool) -> None:
    ended = pool.use()
    ended.server.close()
    assert pool.use() is not ended
    assert ended.closed


def test_one_that_the_server_says_something_to_is_replaced(pool: Pool) -> None:
    ended = pool.use()
    ended.server.send(b"terminating connection due to administrator command")
    assert pool.use() is not ended


def test_one_that_the_driver_closed_is_replaced(pool: Pool) -> None:
    ended = pool.use()
    ended.close()
    assert pool.use() is not ended


def test_after_a_long_rest_it_is_asked(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    rested = pool.use()
    rest(monkeypatch, REST_SECONDS + 1)
    assert pool.use() is rested
    assert pool.asked == 1


def test_one_that_does_not_answer_then_is_replaced(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = pool.use()
    pool.answers = False
    rest(monkeypatch, REST_SECONDS + 1)
    assert pool.use() is not forgotten
