"""The journal: what the relay acknowledged and no row says yet, kept in Redis.

It bridges the moment between the relay's answer and the next grouped write, so that a worker
killed in between doubles nothing. Any host can take over, since Redis is shared. Without Redis the
caller writes each row at once instead.
"""

import time
from collections.abc import Iterable
from typing import NamedTuple, cast

import structlog
from redis.exceptions import RedisError

from newsletter.errors import TemporaryError
from newsletter.extensions import redis
from newsletter.mail.outgoing import Accepted
from newsletter.mail.relay_reactions import without_addresses

log = structlog.get_logger()

#: Longer than any lease or outage that a batch may wait out, in seconds.
KEEP_SECONDS = 7 * 24 * 3600
#: After a failure nothing is noted for so long: a frozen Redis takes two seconds to fail, and mail
#: must not wait those for each group.
QUIET_SECONDS = 5.0

#: Forget ARGV[1] notes, if the first of all is still the one we mean. A worker that slept past its
#: lease, or an order that Redis carries out late, so never takes away what others noted since.
_FORGET = """
if redis.call('LINDEX', KEYS[1], 0) == ARGV[2] then redis.call('LTRIM', KEYS[1], ARGV[1], -1) end
return 0
"""

_quiet_until = float("-inf")  # of this process


class JournalUnavailable(TemporaryError):
    """Redis does not say what an earlier holder of the batch was told."""


class Notes(NamedTuple):
    """Notes that follow one another: what to forget once the rows say the same."""

    first: bytes
    size: int


class Journal:
    """The notes of one batch, as one holder of it makes and reads them.

    One thread notes while another forgets.
    """

    def __init__(self, *, batch_id: int) -> None:
        self._batch_id = batch_id
        self._key = f"newsletter:journal:{batch_id}"
        self._first = b""  # of the notes since the last `taken`
        self._count = 0
        self._left: Notes | None = None  # that could not be forgotten

    def note(self, accepted: Iterable[Accepted]) -> bool:
        """Note accepted mails; False if Redis did not take the note."""
        if time.monotonic() < _quiet_until:
            return False
        # One note: what is told together is noted or not noted together, at the price of one mail.
        # The rows keep no address either, and a note may stay for days.
        lines = [f"{one.mail_id} {without_addresses(one.reply)}" for one in accepted]
        note = "\n".join(lines).encode()
        try:
            if redis.rpush(self._key, note) == 1:
                redis.expire(self._key, KEEP_SECONDS)
        except RedisError as error:
            self._leave_alone(error)
            return False
        self._first = self._first if self._count else note
        self._count += 1
        return True

    def read(self) -> dict[int, str]:
        """Return the noted deliveries with the relay's replies.

        Raises:
            JournalUnavailable.
        """
        try:
            entries = cast("list[bytes]", redis.lrange(self._key, 0, -1))
        except RedisError as error:
            self._leave_alone(error)
            raise JournalUnavailable(
                "The queue server does not answer, and it knows which mails have left."
            ) from None
        if entries:
            self._first, self._count = entries[0], len(entries)
        lines = (line for entry in entries for line in entry.decode().split("\n"))
        return dict(_read_line(line) for line in lines)

    def taken(self) -> Notes:
        """Return what was read or noted since the last call."""
        notes, self._count = Notes(self._first, self._count), 0
        return notes

    def forget(self, notes: Notes) -> None:
        """Forget notes whose rows say the same."""
        if self._left:
            notes = Notes(self._left.first, self._left.size + notes.size)
        if not notes.size:
            return
        self._left = notes  # notes that stay are harmless: they say what the rows say
        if time.monotonic() < _quiet_until:
            return
        try:
            redis.eval(_FORGET, 1, self._key, notes.size, notes.first)
        except RedisError as error:
            self._leave_alone(error)
        else:
            self._left = None

    def _leave_alone(self, error: RedisError) -> None:
        global _quiet_until
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("journal_unavailable", batch_id=self._batch_id, error=type(error).__name__)


def _read_line(line: str) -> tuple[int, str]:
    delivery_id, _, reply = line.partition(" ")
    return int(delivery_id), reply
