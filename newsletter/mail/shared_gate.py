"""The gate that all workers share: pace, health and stops of one relay, over Redis."""

import hashlib
import os
import secrets
import socket
import time
from datetime import timedelta
from functools import cache

import sqlalchemy as sa
import structlog
from flask import current_app
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.mail import relay_stops
from newsletter.mail.relay_gate import RelayGate
from newsletter.mail.relay_health import STORM_RECIPIENTS, RelayHealth
from newsletter.mail.relay_memory import RelayMemory
from newsletter.mail.relay_pace import Pace
from newsletter.mail.relay_reactions import Reaction, reaction, said
from newsletter.mail.relay_scripts import Clock, RelayScripts
from newsletter.mail.smtp_replies import Reply
from newsletter.mail.smtp_url import Relay

log = structlog.get_logger()

#: What other workers hear reaches this one within so many seconds.
LOOK_SECONDS = 1.0
#: A stop in the database, or its release, reaches workers within so many seconds, should Redis
#: have been emptied or away.
STOP_LOOK_SECONDS = 30


def open_gate(relay: Relay) -> RelayGate:
    """Return this process's gate of a relay, inside the application's context.

    Each process has one for each relay: what it knows lasts from one batch to the next.
    """
    return _gate(relay, urgent=False)


def open_letter_gate(relay: Relay) -> RelayGate:
    """Return the gate for letters: they wait for no digest, but for silences and stops."""
    return _gate(relay, urgent=True)


def _gate(relay: Relay, *, urgent: bool) -> RelayGate:
    client = current_app.extensions["redis"]
    return _gate_of_process(relay, urgent, client, db.engine, os.getpid())


@cache
def _gate_of_process(
    relay: Relay, urgent: bool, redis: "Redis", engine: sa.Engine, _pid: int
) -> "SharedGate":
    return SharedGate(relay, redis=redis, engine=engine, urgent=urgent)


class SharedGate:
    """What one relay may take now from this worker."""

    def __init__(
        self,
        relay: Relay,
        *,
        redis: "Redis",
        engine: sa.Engine,
        clock: Clock = time.monotonic,
        urgent: bool = False,
    ) -> None:
        """Open the gate of one more worker.

        Args:
            urgent: its mails go at once, over one connection, whatever others hold. They use
                moments up all the same: what comes after them waits for them too.
        """
        self._relay = relay
        self._engine = engine
        self._clock = clock
        self._urgent = urgent
        self._scripts = RelayScripts(redis, clock=clock)
        worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._health = RelayHealth(relay=relay.address, worker=worker, scripts=self._scripts)
        self._memory = RelayMemory(clock=clock)
        self._pace = relay.rate_per_second and Pace(
            relay=relay.address,
            rate=relay.rate_per_second,
            scripts=self._scripts,
            workers=lambda: self._memory.workers,
            clock=clock,
        )
        self._moment: float | None = None  # reserved for the next mail
        self._wanted = self._granted = 0
        self._look_at = self._stop_look_at = self._slowed_until = float("-inf")
        self._unreachable_until = float("-inf")
        self._stop = ""
        self._unrecorded = False  # the stop, in the database

    def connections(self, wanted: int) -> int:
        """Return how many connections this worker may hold now."""
        if wanted != self._wanted or self._clock() >= self._look_at:
            self._wanted = wanted
            self._look()
        return self._granted

    def reserve(self) -> float:
        """Reserve the next mail's moment; return the seconds until it may go."""
        if not self._pace or self._urgent:
            return 0.0
        if self._moment is None:
            self._moment = self._clock() + self._pace.reserve()
        return max(0.0, self._moment - self._clock())

    def spend(self) -> None:
        """Take note that a mail goes."""
        if self._pace and self._urgent:
            self._pace.reserve()
        self._moment = None

    def heard(self, reply: Reply, *, recipient: str = "") -> None:
        """Take note of an answer; one that says nothing new costs nothing."""
        found = reaction(reply)
        if found is Reaction.NONE or (found is Reaction.WELL and not self._memory.news):
            return
        if found is Reaction.SLOW_DOWN:
            if self._clock() < self._slowed_until:
                return  # said to many mails at once
            self._slowed_until = self._clock() + LOOK_SECONDS
        words = said(reply)
        refused = self._note(found, words, _fingerprint(recipient))
        self._look_at = float("-inf")
        if refused >= STORM_RECIPIENTS and not self._stop:
            self._stop_relay(words)

    def unreachable(self, seconds: float) -> None:
        """Take note that no connection came about; remembered for so long, by this process."""
        self._unreachable_until = self._clock() + seconds

    def is_unreachable(self) -> bool:
        """Say whether other relays are to be tried before this one."""
        return self._clock() < self._unreachable_until

    def _note(self, found: Reaction, words: str, fingerprint: str) -> int:
        """Tell all workers, or draw the conclusions alone; return how many were refused."""
        memory = self._memory
        before = memory.most, memory.silence > 0
        heard = self._health.hear(found, words=words, fingerprint=fingerprint)
        if heard is None:
            heard = memory.hear_alone(found, fingerprint=fingerprint)
        memory.note(heard, found, words)
        if before != (memory.most, memory.silence > 0):
            log.warning(
                "relay_limits_changed",
                relay=self._relay.address,
                heard=found.value,
                connections=memory.most,
                silence=round(memory.silence),
            )
        return heard.refused

    def why(self) -> str:
        """Return for staff why `connections` says 0, else nothing."""
        name, memory = self._relay.address, self._memory
        if self._stop:
            return (
                f"The relay {name} refused our mail to several readers ({self._stop}), "
                "so nothing more goes there until staff release it."
            )
        if silence := memory.silence:
            until = utc_now() + timedelta(seconds=silence)
            paused = memory.reaction is Reaction.PAUSE
            did = "did not let us in" if paused else "asked us to slow down"
            return f"The relay {name} {did} ({memory.words}); the next try is at {until:%H:%M} UTC."
        if self._wanted and not self._granted:
            words = f" ({memory.words})" if memory.words else ""
            return (
                f"The relay {name} takes few connections just now{words}, and other workers "
                "hold them."
            )
        return ""

    def _look(self) -> None:
        """Ask what all workers know, and renew the claim to what this one holds."""
        self._look_at = self._clock() + LOOK_SECONDS
        memory = self._memory
        memory.fade()
        if memory.untold is not None and self._health.hear(
            memory.untold, words=memory.words, fingerprint=""
        ):
            memory.untold = None
        wanted = min(self._wanted, 1) if self._urgent else self._wanted
        standing = self._health.claim(
            wanted,
            silence=memory.silence,
            most=memory.most,
            reaction=memory.reaction,
            words=memory.words,
        )
        if standing is None:
            self._read_stop()
            self._granted = min(wanted, memory.most or wanted)
        else:
            memory.learn(standing)
            self._granted = wanted if self._urgent else standing.connections
            self._learn_stop(standing.stop)
        if self._stop:
            self._record_stop()
        if self._stop or memory.silence:
            self._granted = 0

    def _learn_stop(self, told: str | None) -> None:
        if told is not None:
            self._stop = told
        elif self._read_stop(at_once=True):
            key = self._health.stop_key
            self._scripts.put(key, self._stop, seconds=STOP_LOOK_SECONDS, if_absent=True)

    def _read_stop(self, *, at_once: bool = False) -> bool:
        """Ask the database, which outlives Redis; while it is away, what was known counts."""
        if self._unrecorded:
            return False
        if not at_once and self._clock() < self._stop_look_at:
            return True
        self._stop_look_at = self._clock() + STOP_LOOK_SECONDS
        try:
            self._stop = relay_stops.stop_answer(self._engine, relay=self._relay.address)
        except SQLAlchemyError as error:
            log.warning("relay_stop_unknown", error=type(error).__name__)
            return False
        return True

    def _stop_relay(self, words: str) -> None:
        log.error("relay_stopped", relay=self._relay.address)
        self._stop, self._granted, self._unrecorded = words, 0, True
        self._record_stop()
        # Until the row is there, Redis has to remember it alone.
        lasts = 24 * 3600 if self._unrecorded else STOP_LOOK_SECONDS
        self._scripts.put(self._health.stop_key, words, seconds=lasts)

    def _record_stop(self) -> None:
        if not self._unrecorded:
            return
        try:
            relay_stops.record_stop(
                self._engine, relay=self._relay.address, answer=self._stop, now=utc_now()
            )
        except SQLAlchemyError as error:
            log.error("relay_stop_not_recorded", error=type(error).__name__)
        else:
            self._unrecorded = False


def _fingerprint(recipient: str) -> str:
    """Return two octets: enough to tell a few recipients apart, too little to name one.

    Without a recipient the answer is nobody's, such as one to MAIL, and counts by itself.
    """
    if not recipient:
        return secrets.token_hex(8)
    return hashlib.sha256(recipient.casefold().encode()).hexdigest()[:4]
