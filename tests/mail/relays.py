"""Steps that tests of relay gates share: a clock, a Redis of their own, gates like workers'."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.extensions import db
from newsletter.mail.relay_scripts import relay_key
from newsletter.mail.shared_gate import SharedGate
from newsletter.mail.smtp_replies import Reply
from newsletter.mail.smtp_url import Relay, Tls
from newsletter.standalone import embedded_redis
from newsletter.standalone.process import CHILD

OK = Reply(250, "2.0.0 queued")
BUSY = Reply(421, "4.3.2 Service shutting down")
POLICY = Reply(450, "4.7.1 Please try again later")
THROTTLED = Reply(421, "4.7.28 Our system has detected an unusual rate of mail")
SIGN_IN = Reply(535, "5.7.8 Authentication credentials invalid")
REFUSED = Reply(550, "5.7.1 Messages from your network are not accepted")

TEN_MINUTES = 600.0


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let time go by here; Redis keeps its own."""
        self.now += seconds


class OwnRedis:
    """A Redis that a test may stop, start and empty."""

    def __init__(self, folder: Path) -> None:
        self._server = embedded_redis.find(folder)
        self._server.make_folders()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        self.client: Any = Redis.from_url(
            self._server.url, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )

    def start(self) -> None:
        """Start it, with what it kept."""
        shim = [sys.executable, "-I", str(CHILD), str(os.getpid())]
        self._process = subprocess.Popen([*shim, *self._server.command], stdout=subprocess.DEVNULL)
        self._server.wait()

    def stop(self) -> None:
        """End it; what it kept stays on disk."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def let_pass(self, relay: Relay, seconds: float) -> None:
        """Move what is noted about a relay's health into the past."""
        let_pass(self.client, relay, seconds)


def let_pass(redis: Any, relay: Relay, seconds: float) -> None:
    """Move what Redis knows about a relay's health into the past."""
    key = relay_key(relay.address, "health")
    for field in ("silent_until", "grow_at", "fell_at"):
        if (stamp := redis.hget(key, field)) is not None:
            redis.hset(key, field, str(int(float(stamp) - seconds * 1000)))


def relay(**fields: Any) -> Relay:
    """Return a relay that takes ten connections."""
    values: dict[str, Any] = {
        "host": "mail.example.org",
        "port": 587,
        "tls": Tls.NONE,
        "connections": 10,
        "username": "news",
        "password": "s3cret",
    }
    return Relay(**values | fields)


def gate(of: Relay, redis: Any, clock: Callable[[], float], *, urgent: bool = False) -> SharedGate:
    """Return the gate of one more worker."""
    return SharedGate(of, redis=redis, engine=db.engine, clock=clock, urgent=urgent)
