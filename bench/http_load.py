"""Sends requests at a steady rate over kept connections, and tells how long answers took.

    python -m bench.http_load < PLAN > REPORT

A program of its own, so that it shares no interpreter with what it measures. Each request has its
moment, and its time counts from there: a server that stalls makes those behind it late as well.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field

#: Eight digits that stand here are the request's number, so that each one may be another.
NUMBER = b"@@@@@@@@"
#: Without any answer for so long the rest is given up.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """What is sent: requests as octets in Latin-1, one after the other, again and again."""

    port: int
    rate: float  # a second; 0: as fast as answers come
    count: int
    connections: int
    requests: list[str]


@dataclass
class Report:
    """What came of it, in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    lost: int = 0  # connections that broke with an answer outstanding

    def percentile(self, share: float) -> float:
        """Return the smallest time that this share of answers does not exceed."""
        ranked = sorted(self.latencies) or [0.0]
        return ranked[min(int(len(ranked) * share), len(ranked) - 1)]


class _Load:
    """Keeps the moments of requests and hands them to whichever connection is idle."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.lost = 0
        self.idle: deque[_Connection] = deque()
        self.waiting: deque[tuple[int, float]] = deque()
        self.done = asyncio.Event()
        self._requests = [text.encode("latin-1") for text in plan.requests]

    def octets(self, number: int) -> bytes:
        request = self._requests[number % len(self._requests)]
        return request.replace(NUMBER, b"%08d" % number)

    def dispatch(self) -> None:
        while self.idle and self.waiting:
            self.idle.popleft().send(*self.waiting.popleft())

    def finish(self, status: str, due: float) -> None:
        self.statuses[status] += 1
        self.latencies.append(time.perf_counter() - due)
        if len(self.latencies) + self.lost >= self.plan.count:
            self.done.set()

    def lose(self) -> None:
        self.lost += 1
        if len(self.latencies) + self.lost >= self.plan.count:
            self.done.set()


class _Connection(asyncio.Protocol):
    """One kept connection, one request at a time."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = bytearray()
        self._wanted = -1  # octets of the whole answer, once its head is there
        self._due: float | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.idle.append(self)
        self._load.dispatch()

    def send(self, number: int, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(self._load.octets(number))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._wanted < 0 and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            _, _, length = head.partition(b"\r\ncontent-length:")
            self._wanted = end + 4 + int(length.split(b"\r\n")[0] or 0)
        if 0 <= self._wanted <= len(self._buffer) and self._due is not None:
            self._load.finish(self._buffer[9:12].decode(), self._due)
            self._buffer.clear()
            self._wanted, self._due = -1, None
            self._load.idle.append(self)
            self._load.dispatch()

    def connection_lost(self, _error: Exception | None) -> None:
        if self in self._load.idle:
            self._load.idle.remove(self)
        if self._due is not None:
            self._load.lose()
        if not self._load.done.is_set():
            asyncio.get_running_loop().create_task(_connect(self._load))


async def _connect(load: _Load) -> None:
    loop = asyncio.get_running_loop()
    while not load.done.is_set():
        try:
            await loop.create_connection(lambda: _Connection(load), "127.0.0.1", load.plan.port)
            return
        except OSError:
            await asyncio.sleep(0.05)


async def run(plan: Plan) -> Report:
    """Send the plan's requests; return what came of them."""
    load = _Load(plan)
    await asyncio.gather(*(_connect(load) for _ in range(plan.connections)))
    begun = time.perf_counter()
    for number in range(plan.count):
        due = begun + (number / plan.rate if plan.rate else 0.0)
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        load.waiting.append((number, due if plan.rate else time.perf_counter()))
        load.dispatch()
    answered = -1
    while not load.done.is_set() and answered < len(load.latencies):
        answered = len(load.latencies)
        try:
            await asyncio.wait_for(load.done.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            continue
    load.done.set()
    seconds = time.perf_counter() - begun
    return Report(seconds, load.latencies, dict(load.statuses), load.lost)


def main() -> None:
    """Read a plan, write a report."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(asyncio.run(run(plan))), sys.stdout)


if __name__ == "__main__":
    main()
