"""What became of a batch's mails: noted in the journal at once, written to the rows in groups."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from newsletter.deliveries import outcomes
from newsletter.deliveries.journal import Journal
from newsletter.deliveries.lease import LEASE, Lease, renew
from newsletter.mail.mailer import Accepted, Outcome
from newsletter.unit_of_work import unit_of_work

#: Outcomes written together, at most; and how long the first of them waits, in seconds.
GROUP = 500
WAIT_SECONDS = 1.0


class Records:
    """Outcomes of one leased batch that are not in their rows yet."""

    def __init__(self, taken: Lease, journal: Journal, *, clock: Callable[[], datetime]) -> None:
        self._taken = taken
        self._journal = journal
        self._clock = clock
        self._accepted: list[Accepted] = []
        self._others: list[Outcome] = []
        self._skipped: list[tuple[int, str]] = []
        self._unmailable: list[tuple[int, str]] = []
        self._attempts: dict[int, int] = {}
        self._written_at = time.monotonic()

    def skip(self, delivery_id: int, reason: str) -> None:
        """Keep that a reader is left out, and why."""
        self._skipped.append((delivery_id, reason))

    def fail(self, delivery_id: int, reason: str) -> None:
        """Keep that a reader cannot be written to, and why."""
        self._unmailable.append((delivery_id, reason))

    def remember_attempts(self, delivery_id: int, attempts: int) -> None:
        """Keep how often a delivery was tried before; none where nothing is said."""
        self._attempts[delivery_id] = attempts

    def add(self, group: Sequence[Outcome]) -> None:
        """Note what the relay answered, perhaps nothing; write what is known if that is due.

        Raises:
            LeaseLost: the batch went to another worker.
        """
        accepted = [one for one in group if isinstance(one, Accepted)]
        self._accepted += accepted
        if len(accepted) < len(group):
            self._others += [one for one in group if not isinstance(one, Accepted)]
        if not self._has_any:
            return
        noted = not accepted or self._journal.note(accepted)
        waited = time.monotonic() - self._written_at
        if not noted or waited >= WAIT_SECONDS or len(self._accepted) >= GROUP:
            self.write()

    @property
    def _has_any(self) -> bool:
        return bool(self._accepted or self._others or self._skipped or self._unmailable)

    def write(self) -> None:
        """Write all that is known, under the lease.

        A worker that was stopped for longer than its lease meets its end here, before any
        further content leaves.
        """
        now = self._clock()
        with unit_of_work():
            renew(self._taken, got_on=bool(self._accepted))
            if self._skipped:
                outcomes.record_skipped(skipped=self._skipped)
            for delivery_id, reason in self._unmailable:
                outcomes.record_failed(delivery_id=delivery_id, reply=reason)
            if self._accepted:
                replies = [(int(one.mail_id), one.reply) for one in self._accepted]
                outcomes.record_sent(replies=replies, now=now)
            for outcome in self._others:
                attempts = self._attempts.get(int(outcome.mail_id), 0)
                outcomes.record_outcome(outcome=outcome, attempts=attempts, now=now)
        if self._accepted:
            self._journal.forget()
        for noted in (self._accepted, self._others, self._skipped, self._unmailable):
            noted.clear()
        self._written_at = time.monotonic()


assert LEASE.total_seconds() > WAIT_SECONDS, "a lease must outlive the wait for a write"
