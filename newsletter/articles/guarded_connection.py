"""HTTP connections that go only to vetted addresses and end on time."""

import functools
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool

from newsletter.articles.fetch_errors import Temporary
from newsletter.articles.public_addresses import Guard


class Deadline:
    """One point in time that ends everything, even a server that sends a byte a second.

    A socket timeout starts anew with each byte, so a timer shuts the sockets down instead.
    The sockets are duplicates: TLS wraps the original, a duplicate still reaches the connection.
    """

    def __init__(self, seconds: float) -> None:
        self._started = time.monotonic()
        self._seconds = seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        return self._seconds - self.elapsed

    @property
    def passed(self) -> bool:
        return self.remaining <= 0

    def watch(self, connected: socket.socket) -> None:
        with self._lock:
            self._sockets.append(connected.dup())

    def _shut_down(self) -> None:
        with self._lock:
            for each in self._sockets:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # already closed by the server


class GuardedAdapter(HTTPAdapter):
    """A requests adapter whose connections obey a guard and a deadline."""

    def __init__(self, *, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        super().__init__(max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **settings: Any
    ) -> None:
        self.poolmanager = _GuardedPools(
            guard=self._guard,
            deadline=self._deadline,
            num_pools=connections,
            maxsize=maxsize,
        )


class _GuardedPools(PoolManager):
    def __init__(self, *, guard: Guard, deadline: Deadline, **settings: Any) -> None:
        super().__init__(**settings)
        self._guard = guard
        self._deadline = deadline

    def _new_pool(
        self,
        scheme: str,
        host: str,
        port: int,
        request_context: dict[str, Any] | None = None,
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        kind = _GuardedHTTPS if scheme == "https" else _GuardedHTTP
        connection: Any = functools.partial(kind, guard=self._guard, deadline=self._deadline)
        pool.ConnectionCls = connection
        return pool


class _Guarded(HTTPConnection):
    """Connects to the address that was checked, never to a second answer of the name server.

    The name stays in `host`, so the Host header, SNI and the certificate check use it.
    """

    def __init__(self, *args: Any, guard: Guard, deadline: Deadline, **settings: Any) -> None:
        self._guard = guard
        self._deadline = deadline
        super().__init__(*args, **settings)

    def _new_conn(self) -> socket.socket:
        host, port = self.host.strip("[]"), int(self.port)
        addresses = self._guard.resolve(host, port, seconds=self._deadline.remaining)
        connected = self._first_that_answers(addresses, port)
        self._deadline.watch(connected)
        return connected

    def _first_that_answers(self, addresses: list[str], port: int) -> socket.socket:
        for place, address in enumerate(addresses, start=1):
            share = max(self._deadline.remaining, 0.001) / (len(addresses) - place + 1)
            try:
                return connect(address, port, share)
            except OSError:
                if place == len(addresses):
                    raise
        raise Temporary("The server could not be reached.")


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a numeric address; nothing here can ask the name server again."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        connected.settimeout(seconds)
        connected.connect((address, port))
    except OSError:
        connected.close()
        raise
    return connected


class _GuardedHTTP(_Guarded):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass
