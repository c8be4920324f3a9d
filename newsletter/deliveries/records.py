"""What became of a batch's mails: noted in the journal at once, written to the rows in groups.

The rows are written beside the sending, by a thread: mail need not wait for the database. One
group is written while the next one is gathered; there is never a third.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

from flask import Flask, current_app

from newsletter.deliveries import outcomes
from newsletter.deliveries.journal import Journal, Notes
from newsletter.deliveries.lease import LEASE, Lease, renew
from newsletter.extensions import db
from newsletter.mail.mailer import Accepted, Outcome
from newsletter.unit_of_work import unit_of_work

#: Outcomes written together, at most; and how long the first of them waits, in seconds.
GROUP = 250
WAIT_SECONDS = 1.0
#: What a kill doubles at most if the journal is lost in the same moment.
UNWRITTEN_AT_MOST = 2 * GROUP


@dataclass
class _Known:
    """Outcomes that no row says yet."""

    accepted: list[Accepted] = field(default_factory=list)
    others: list[Outcome] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    unmailable: list[tuple[int, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.accepted or self.others or self.skipped or self.unmailable)


class Records:
    """Outcomes of one leased batch on their way into the rows."""

    def __init__(self, taken: Lease, journal: Journal, *, clock: Callable[[], datetime]) -> None:
        self._taken = taken
        self._journal = journal
        self._clock = clock
        self._known = _Known()
        self._attempts: dict[int, int] = {}
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="records")
        self._writing: Future[None] | None = None
        self._written_at = self._lease_seen_at = time.monotonic()

    def __enter__(self) -> "Records":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is known.

        Raises:
            LeaseLost: the batch went to another worker.
        """
        try:
            self.write()
        finally:
            self._thread.shutdown()

    def skip(self, delivery_id: int, reason: str) -> None:
        """Keep that a reader is left out, and why."""
        self._known.skipped.append((delivery_id, reason))

    def fail(self, delivery_id: int, reason: str) -> None:
        """Keep that a reader cannot be written to, and why."""
        self._known.unmailable.append((delivery_id, reason))

    def remember_attempts(self, delivery_id: int, attempts: int) -> None:
        """Keep how often a delivery was tried before; none where nothing is said."""
        self._attempts[delivery_id] = attempts

    def add(self, group: Sequence[Outcome]) -> None:
        """Note what the relay answered, perhaps nothing; begin to write it if that is due.

        Raises:
            LeaseLost: the batch went to another worker.
        """
        known = self._known
        accepted = [one for one in group if isinstance(one, Accepted)]
        known.accepted += accepted
        if len(accepted) < len(group):
            known.others += [one for one in group if not isinstance(one, Accepted)]
        if not known:
            return
        noted = not accepted or self._journal.note(accepted)
        now = time.monotonic()
        if not noted or now - self._lease_seen_at > LEASE.total_seconds() / 2:
            self.write()
        elif now - self._written_at >= WAIT_SECONDS or len(known.accepted) >= GROUP:
            self._begin_to_write()

    def write(self) -> None:
        """Write all that is known, and return when the rows say it.

        A worker that was stopped for longer than its lease meets its end here, before any
        further content leaves.
        """
        self._wait_for_thread()
        self._write(self._taken_over(), self._journal.taken())

    def _begin_to_write(self) -> None:
        self._wait_for_thread()
        self._writing = self._thread.submit(
            self._write_apart, self._taken_over(), self._journal.taken()
        )

    def _wait_for_thread(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _taken_over(self) -> _Known:
        known, self._known = self._known, _Known()
        self._written_at = time.monotonic()
        return known

    def _write_apart(self, known: _Known, notes: Notes) -> None:
        with self._app.app_context():
            try:
                self._write(known, notes)
            finally:
                db.session.remove()

    def _write(self, known: _Known, notes: Notes) -> None:
        begun_at, now = time.monotonic(), self._clock()
        with unit_of_work():
            renew(self._taken, got_on=bool(known.accepted))
            if known.skipped:
                outcomes.record_skipped(skipped=known.skipped)
            for delivery_id, reason in known.unmailable:
                outcomes.record_failed(delivery_id=delivery_id, reply=reason)
            if known.accepted:
                replies = [(int(one.mail_id), one.reply) for one in known.accepted]
                outcomes.record_sent(replies=replies, now=now)
            for outcome in known.others:
                attempts = self._attempts.get(int(outcome.mail_id), 0)
                outcomes.record_outcome(outcome=outcome, attempts=attempts, now=now)
        self._lease_seen_at = begun_at
        self._journal.forget(notes)


assert LEASE.total_seconds() / 2 > WAIT_SECONDS, "a lease must outlive the wait for a write"
