"""Send one batch: lease, read, ask again, stamp, send, record – safe to kill anywhere.

Order is everything. The relay answers, the journal notes it, the row says so at the next grouped
write. Killed before the note: that one mail goes out again, with the same Message-ID. Killed after
it: the next lease reads the journal first.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from newsletter.deliveries import journal, lease, outcomes, recipients
from newsletter.deliveries.content import DigestMails
from newsletter.deliveries.finish import finish_digest
from newsletter.deliveries.heartbeat import heartbeat
from newsletter.deliveries.lease import Lease
from newsletter.deliveries.models import BatchState, SkipReason
from newsletter.deliveries.recipients import Recipient
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.mail.addresses import AddressError
from newsletter.mail.mailer import Accepted, Mailer, Outcome, OutgoingMail, RelayUnavailable
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: A worker sends for so long and gives the rest of its batch back, so that others get their turn.
WORK_SECONDS = 45.0
#: Recipients read, asked again and recorded together.
SLICE = 100
#: How long a batch waits when no relay takes mail.
RELAY_WAIT = timedelta(seconds=60)

Clock = Callable[[], datetime]
Stop = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass
class _Slice:
    """What is known of one slice and not yet in its rows."""

    skipped: list[tuple[int, SkipReason]] = field(default_factory=list)
    unmailable: list[tuple[int, str]] = field(default_factory=list)
    outcomes: list[tuple[Outcome, int]] = field(default_factory=list)  # with earlier attempts


def send_batch(
    *, batch_id: int, mailer: Mailer, clock: Clock, stop: Stop = _never
) -> BatchState | None:
    """Send what is due of one batch; None if somebody else has it or it is not to be sent now.

    Commits by itself: accepted mail cannot be rolled back.

    Args:
        stop: asked before each mail; once true, the rest of the batch is given back.

    Raises:
        LeaseLost: this worker was too slow and the batch went to another.
    """
    with unit_of_work():
        taken = lease.take_lease(batch_id=batch_id)
    if taken is None:
        return None
    _record_journal(taken, clock=clock)
    note = ""
    try:
        with heartbeat(taken):
            _send_slices(taken, mailer, clock=clock, stop=stop)
    except RelayUnavailable as unavailable:
        note = str(unavailable)
        log.warning("relay_unavailable", batch_id=batch_id, reason=note)
    return _give_back(taken, note=note, clock=clock)


def _record_journal(taken: Lease, *, clock: Clock) -> None:
    """Write into the rows what an earlier holder of the batch was told and could not write."""
    noted = journal.read(batch_id=taken.batch_id)
    if not noted:
        return
    with unit_of_work():
        lease.renew(taken)
        outcomes.record_sent(replies=noted.items(), now=clock())
    journal.clear(batch_id=taken.batch_id)
    log.info("journal_recorded", batch_id=taken.batch_id, deliveries=len(noted))


def _send_slices(taken: Lease, mailer: Mailer, *, clock: Clock, stop: Stop) -> None:
    until = time.monotonic() + WORK_SECONDS
    mails = DigestMails(db.session.get_one(Digest, taken.digest_id))
    while time.monotonic() < until and not stop():
        due = recipients.due_recipients(batch_id=taken.batch_id, now=clock(), limit=SLICE)
        if not due:
            return
        slice_ = _Slice()
        try:
            _send_slice(taken, due, mails, mailer, slice_, clock=clock, stop=stop)
        finally:
            _record(taken, slice_, clock=clock)


def _send_slice(
    taken: Lease,
    due: Sequence[Recipient],
    mails: DigestMails,
    mailer: Mailer,
    slice_: _Slice,
    *,
    clock: Clock,
    stop: Stop,
) -> None:
    attempts = {str(recipient.delivery_id): recipient.attempts for recipient in due}
    outgoing = _outgoing(due, mails, slice_, now=clock(), stop=stop)
    # Closing the iterator ends the connection politely when anything here fails.
    with closing(mailer.send(outgoing)) as results:  # type: ignore[type-var]
        for outcome in results:
            slice_.outcomes.append((outcome, attempts[outcome.mail_id]))
            if isinstance(outcome, Accepted) and not _note(taken, outcome):
                _record(taken, slice_, clock=clock)


def _outgoing(
    due: Sequence[Recipient], mails: DigestMails, slice_: _Slice, *, now: datetime, stop: Stop
) -> Iterator[OutgoingMail]:
    for recipient in due:
        if stop():
            return
        reason = recipient.reason_to_skip(now=now)
        if reason is not None:
            slice_.skipped.append((recipient.delivery_id, reason))
            continue
        try:
            mail = mails.mail_to(recipient)
        except AddressError as error:
            slice_.unmailable.append((recipient.delivery_id, str(error)))
            continue
        yield mail


def _note(taken: Lease, outcome: Accepted) -> bool:
    return journal.note(
        batch_id=taken.batch_id, delivery_id=int(outcome.mail_id), reply=outcome.reply
    )


def _record(taken: Lease, slice_: _Slice, *, clock: Clock) -> None:
    """Write all that is known of the slice, under the lease, then clear it."""
    now = clock()
    with unit_of_work():
        lease.renew(taken)
        outcomes.record_skipped(skipped=slice_.skipped)
        for delivery_id, reason in slice_.unmailable:
            outcomes.record_failed(delivery_id=delivery_id, reply=reason)
        accepted = [one for one, _ in slice_.outcomes if isinstance(one, Accepted)]
        outcomes.record_sent(replies=((int(one.mail_id), one.reply) for one in accepted), now=now)
        for outcome, attempts in slice_.outcomes:
            if not isinstance(outcome, Accepted):
                outcomes.record_outcome(outcome=outcome, attempts=attempts, now=now)
    journal.clear(batch_id=taken.batch_id)
    slice_.skipped.clear()
    slice_.unmailable.clear()
    slice_.outcomes.clear()


def _give_back(taken: Lease, *, note: str, clock: Clock) -> BatchState:
    with unit_of_work():
        state = lease.give_back(taken, note=note, wait=RELAY_WAIT if note else timedelta(0))
        if state is BatchState.DONE:
            finish_digest(digest_id=taken.digest_id, now=clock())
        elif not note:
            enqueue(Job.SEND_BATCH, batch_id=taken.batch_id)
    log.info("batch_given_back", batch_id=taken.batch_id, state=state.value)
    return state
