"""The mails of one batch, written as the mailer asks for them; readers are asked again before."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from newsletter.deliveries.content import DigestMails
from newsletter.deliveries.lease import Lease
from newsletter.deliveries.recipients import Recipient, due_recipients, is_sending
from newsletter.deliveries.records import Records
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError
from newsletter.mail.mailer import OutgoingMail

#: A worker sends for so long and gives the rest of its batch back, so that others get their turn.
WORK_SECONDS = 45.0
#: Recipients read together.
SLICE = 500
#: What was read is believed for so long: a pause, a cancellation, an unsubscribing or a
#: suppression takes effect within it, however slow the relay is.
FRESH_SECONDS = 1.0
#: How often the worker is asked whether it should stop; asking crosses processes.
STOP_SECONDS = 0.1


class BatchMails:
    """An iterator that ends when nobody else is due, time is up, or the worker is to stop."""

    def __init__(
        self,
        taken: Lease,
        records: Records,
        *,
        clock: Callable[[], datetime],
        stop: Callable[[], bool],
    ) -> None:
        self._taken = taken
        self._records = records
        self._clock = clock
        self._stop = stop
        self._stopped = self._told_to_stop = False
        self._asked_at = self._sure_until = 0.0
        self._until = time.monotonic() + WORK_SECONDS

    def __iter__(self) -> Iterator[OutgoingMail]:
        """Read slice by slice, in the order of deliveries. Raises UnreadableKey."""
        digest = db.session.get_one(Digest, self._taken.digest_id)
        mails = DigestMails(digest, now=self._clock())
        with_opens = digest.publication.counts_opens
        last = 0
        while not self._is_over():
            due = due_recipients(
                batch_id=self._taken.batch_id,
                now=self._clock(),
                limit=SLICE,
                after=last,
                with_opens=with_opens,
            )
            self._sure_until = fresh_until = time.monotonic() + FRESH_SECONDS
            if not due:
                return
            for recipient in due:
                if time.monotonic() > fresh_until or self._is_over():
                    break
                last = recipient.delivery_id
                mail = self._mail_to(recipient, mails)
                if mail is not None:
                    yield mail

    def withdrawn(self) -> bool:
        """Whether the worker is to stop, or the digest was paused or cancelled.

        A mail waits long for a connection or a slow relay, and is not to leave after all then.
        """
        self._is_over()
        if not self._told_to_stop and time.monotonic() > self._sure_until:
            self._sure_until = time.monotonic() + FRESH_SECONDS
            if not is_sending(self._taken.digest_id):
                self._told_to_stop = self._stopped = True
            db.session.rollback()
        return self._told_to_stop

    def _mail_to(self, recipient: Recipient, mails: DigestMails) -> OutgoingMail | None:
        if recipient.reason_to_skip:
            self._records.skip(recipient.delivery_id, recipient.reason_to_skip)
            return None
        try:
            mail = mails.mail_to(recipient)
        except AddressError as error:
            self._records.fail(recipient.delivery_id, str(error))
            return None
        if recipient.attempts:
            self._records.remember_attempts(recipient.delivery_id, recipient.attempts)
        return mail

    def _is_over(self) -> bool:
        now = time.monotonic()
        if now - self._asked_at >= STOP_SECONDS and not self._told_to_stop:
            self._asked_at = now
            self._told_to_stop = self._stop()
            self._stopped = self._told_to_stop or now > self._until
            # Nothing stays open while mails go out: that would hold up SQLite's checkpoints.
            db.session.rollback()
        return self._stopped
