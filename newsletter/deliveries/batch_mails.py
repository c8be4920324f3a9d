"""The mails of one batch, written as the mailer asks for them; readers are asked again before."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from newsletter.deliveries.content import DigestMails
from newsletter.deliveries.lease import Lease
from newsletter.deliveries.models import SkipReason
from newsletter.deliveries.recipients import (
    Recipient,
    due_recipients,
    is_sending,
    reasons_to_skip,
)
from newsletter.deliveries.records import Records
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError
from newsletter.mail.mailer import OutgoingMail

#: A worker sends for so long and gives the rest of its batch back, so that others get their turn.
WORK_SECONDS = 45.0
#: Recipients read together, at most; as many as go out while what was read is believed.
SLICE = 500
_FEWEST = 20
#: Mails in hand asked about together, at most; envelopes that were refused stay among them.
_TOGETHER = 100
#: Questions about one mail to a database whose answers are stale when they come.
_QUESTIONS = 3
#: What was read of a reader is believed for so long, until the content of her mail is written: an
#: unsubscribing or a suppression takes effect within it, however slow the relay is. Who confirms
#: one waits longer than that (`under_way.py`).
FRESH_SECONDS = 0.06
#: A pause or a cancellation of the digest takes effect within so long.
CONTROL_SECONDS = 1.0
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
        self._asked_at = self._sending_until = 0.0
        #: Until when what was read of a mail is believed; only mails that have not left.
        self._sure_until: dict[str, float] = {}
        self._until = time.monotonic() + WORK_SECONDS

    def __iter__(self) -> Iterator[OutgoingMail]:
        """Read slice by slice, in the order of deliveries. Raises UnreadableKey."""
        digest = db.session.get_one(Digest, self._taken.digest_id)
        mails = DigestMails(digest, now=self._clock())
        last, limit = 0, SLICE
        with_opens = digest.publication.counts_opens
        while not self._is_over():
            fresh_until = time.monotonic() + FRESH_SECONDS
            due = due_recipients(
                batch_id=self._taken.batch_id,
                now=self._clock(),
                limit=limit,
                after=last,
                with_opens=with_opens,
            )
            self._sending_until = time.monotonic() + CONTROL_SECONDS
            if not due:
                return
            used = 0
            for recipient in due:
                # One of each slice goes on in any case: what is stale is asked about again.
                if self._is_over() or (used and time.monotonic() > fresh_until):
                    break
                last, used = recipient.delivery_id, used + 1
                mail = self._mail_to(recipient, mails)
                if mail is not None:
                    self._sure_until[mail.id] = fresh_until
                    yield mail
            limit = _next_limit(used, read=len(due))

    def withdrawn(self) -> bool:
        """Whether the worker is to stop, or the digest was paused or cancelled.

        A mail waits long for a connection or a slow relay, and is not to leave after all then.
        """
        self._is_over()
        if not self._told_to_stop and time.monotonic() > self._sending_until:
            self._sending_until = time.monotonic() + CONTROL_SECONDS
            if not is_sending(self._taken.digest_id):
                self._told_to_stop = self._stopped = True
            db.session.rollback()
        return self._told_to_stop

    def recalled(self, mail_id: str) -> bool:
        """Whether a reader is to be left out after all; asked as the content of her mail leaves."""
        reason, asked = "", 0
        while not reason and asked < _QUESTIONS and self._is_stale(mail_id):
            reason, asked = self._asked_again(mail_id), asked + 1
        self._sure_until.pop(mail_id, None)
        if reason:
            self._records.skip(int(mail_id), reason)
        return bool(reason)

    def _is_stale(self, mail_id: str) -> bool:
        return time.monotonic() > self._sure_until.get(mail_id, 0.0)

    def _asked_again(self, mail_id: str) -> str:
        """Ask about every mail in hand, since others wait as long; return the reason for one."""
        now = time.monotonic()
        stale = [one for one, until in self._sure_until.items() if until < now][-_TOGETHER:]
        asked = {*stale, mail_id}
        reasons = reasons_to_skip(delivery_ids=map(int, asked), now=self._clock())
        db.session.rollback()
        for one in asked:
            if reasons.get(int(one)) == "":
                self._sure_until[one] = now + FRESH_SECONDS
        # What waits no more was taken care of by somebody else, and must not leave either.
        return reasons.get(int(mail_id), SkipReason.UNSUBSCRIBED.value)

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


def _next_limit(used: int, *, read: int) -> int:
    """Return how many recipients to read next: a few more while all that were read are used."""
    return min(SLICE, max(_FEWEST, used + used // 4 if used == read else used))
