"""The pace: moments at which mails may go to a relay, one rate shared by all workers.

Moments are reserved in Redis, evenly spaced, a few of them per round trip. They stay reserved
when a worker dies or restarts, so a restart is no way around the rate.
"""

import time
from collections.abc import Callable

from newsletter.mail.relay_scripts import Clock, RelayScripts, relay_key

#: Seconds of mail reserved in one round trip at most. At 15,000 mails a second this is ten round
#: trips a second; what a worker that dies has reserved in vain is no more than that.
AHEAD_SECONDS = 0.1
#: Seconds of unused moments that may be used after all: a worker that was busy for a moment
#: catches up, and a burst is never more than this share of a second's mail.
CATCH_UP_SECONDS = 0.1
#: Moments further ahead than so many mails and seconds come from a clock that was set back.
FURTHEST_MAILS = 1000
FURTHEST_SECONDS = 60.0

_MICRO = 1_000_000


class Pace:
    """Hands out one worker's moments."""

    def __init__(
        self,
        *,
        relay: str,
        rate: float,
        scripts: RelayScripts,
        workers: Callable[[], int],
        clock: Clock = time.monotonic,
    ) -> None:
        """Share `rate` mails a second to `relay`; `workers` says among how many without Redis."""
        self._key = relay_key(relay, "pace")
        self._step = 1 / rate
        self._most = max(1, int(rate * AHEAD_SECONDS))
        self._scripts = scripts
        self._workers = workers
        self._clock = clock
        self._next = 0.0  # the next reserved moment, by our clock
        self._left = 0  # how many are reserved
        self._asked_at = float("-inf")
        self._count = 1  # how many to reserve next time

    def reserve(self) -> float:
        """Take the next moment; return the seconds until it comes, 0.0 if it is here."""
        now = self._clock()
        self._drop_missed(now)
        if self._left == 0:
            self._reserve_more(now)
        moment = self._next
        self._next += self._step
        self._left -= 1
        return max(0.0, moment - self._clock())

    def _drop_missed(self, now: float) -> None:
        late = now - CATCH_UP_SECONDS - self._next
        if self._left and late > 0:
            dropped = min(int(late / self._step) + 1, self._left)
            self._next += dropped * self._step
            self._left -= dropped

    def _reserve_more(self, now: float) -> None:
        """Reserve as many as the mail of late would use up soon: one for a single letter."""
        since = now - self._asked_at
        if since <= 2 * AHEAD_SECONDS:
            self._count = min(self._count * 2, self._most)
        elif since > 1:
            self._count = 1
        self._asked_at = now
        count = self._count
        answer = self._scripts.run(
            "reserve",
            keys=[self._key],
            args=[
                self._step * _MICRO,
                count,
                int(CATCH_UP_SECONDS * _MICRO),
                int((FURTHEST_MAILS * self._step + FURTHEST_SECONDS) * _MICRO),
                # Of Redis emptied meanwhile, nothing is given out that we hold ourselves.
                int((self._next - now) * _MICRO),
            ],
        )
        if answer is None:
            self._reserve_alone(now)
            return
        # Our clock is read after the answer: a slow answer makes a mail later, never earlier.
        self._next = self._clock() + int(answer[0]) / _MICRO
        self._left = count

    def _reserve_alone(self, now: float) -> None:
        """Go on without Redis at this worker's share of the rate: slower, never open."""
        share = self._step * max(1, self._workers())
        # `_next` is one step after the moment given last.
        self._next = max(now, self._next - self._step + share)
        self._left = 1
