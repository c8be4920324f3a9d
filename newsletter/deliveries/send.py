"""Send one batch: lease, read, ask again, stamp, send, record – safe to kill anywhere.

Order is everything. The relay answers, the journal notes it, the row says so at the next grouped
write. Killed before the note: that one mail goes out again, with the same Message-ID. Killed after
it: the next lease reads the journal first.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

import structlog

from newsletter.deliveries import lease, outcomes
from newsletter.deliveries.batch_mails import BatchMails
from newsletter.deliveries.finish import finish_digest
from newsletter.deliveries.heartbeat import heartbeat
from newsletter.deliveries.journal import Journal, JournalUnavailable
from newsletter.deliveries.lease import Lease
from newsletter.deliveries.models import BatchState
from newsletter.deliveries.records import Records
from newsletter.jobs import Job, enqueue
from newsletter.mail.mailer import Mailer, RelayUnavailable
from newsletter.publications.dkim_secrets import UnreadableKey
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: How long a batch waits when no relay takes mail, nobody says what its dead worker sent, or its
#: mails cannot be signed: unsigned, receivers would refuse or distrust them.
RELAY_WAIT = timedelta(seconds=60)

Clock = Callable[[], datetime]
Stop = Callable[[], bool]


def _never() -> bool:
    return False


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
    journal, note = Journal(batch_id=batch_id), ""
    try:
        _record_journal(taken, journal, clock=clock)
        with heartbeat(taken):
            _send_all(taken, journal, mailer, clock=clock, stop=stop)
    except (RelayUnavailable, JournalUnavailable, UnreadableKey) as unavailable:
        note = str(unavailable)
        log.warning("batch_has_to_wait", batch_id=batch_id, reason=note)
    return _give_back(taken, note=note, clock=clock)


def _record_journal(taken: Lease, journal: Journal, *, clock: Clock) -> None:
    """Write into the rows what an earlier holder of the batch was told and could not write.

    Raises:
        JournalUnavailable: an earlier holder died, and its notes cannot be read now.
    """
    try:
        noted = journal.read()
    except JournalUnavailable:
        if taken.lost_leases:
            raise
        return  # whoever gave the batch back had written down everything
    if not noted:
        return
    with unit_of_work():
        lease.renew(taken)
        outcomes.record_sent(replies=noted.items(), now=clock())
    journal.forget(journal.taken())
    log.info("journal_recorded", batch_id=taken.batch_id, deliveries=len(noted))


def _send_all(taken: Lease, journal: Journal, mailer: Mailer, *, clock: Clock, stop: Stop) -> None:
    # Leaving the block writes what is known, whatever went wrong.
    with Records(taken, journal, clock=clock) as records:
        mails = BatchMails(taken, records, clock=clock, stop=stop)
        # Closing the iterator ends the connections when anything here fails.
        with closing(mailer.send(mails)) as groups:  # type: ignore[type-var]
            for group in groups:
                records.add(group)


def _give_back(taken: Lease, *, note: str, clock: Clock) -> BatchState:
    with unit_of_work():
        state = lease.give_back(taken, note=note, wait=RELAY_WAIT if note else timedelta(0))
        if state is BatchState.DONE:
            finish_digest(digest_id=taken.digest_id, now=clock())
        elif not note:
            enqueue(Job.SEND_BATCH, batch_id=taken.batch_id)
    log.info("batch_given_back", batch_id=taken.batch_id, state=state.value)
    return state
