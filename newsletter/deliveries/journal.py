"""The journal: what the relay acknowledged and no row says yet, kept in Redis.

It bridges the moment between the relay's answer and the next grouped write, so that a worker
killed in between doubles nothing. Any host can take over, since Redis is shared. Without Redis the
caller writes each row at once instead.
"""

from collections.abc import Iterable

import structlog
from redis.exceptions import RedisError

from newsletter.extensions import redis
from newsletter.mail.outgoing import Accepted

log = structlog.get_logger()

#: Longer than any lease or outage that a batch may wait out, in seconds.
KEEP_SECONDS = 7 * 24 * 3600


def note(*, batch_id: int, accepted: Iterable[Accepted]) -> bool:
    """Note accepted mails; False if Redis did not take the note."""
    entries = [f"{one.mail_id} {one.reply}" for one in accepted]
    try:
        # One command: what is noted together is noted or not noted together.
        noted = redis.rpush(_key(batch_id), *entries)
        if noted == len(entries):
            redis.expire(_key(batch_id), KEEP_SECONDS)
    except RedisError as error:
        log.warning("journal_unavailable", batch_id=batch_id, error=type(error).__name__)
        return False
    return True


def read(*, batch_id: int) -> dict[int, str]:
    """Return the noted deliveries with the relay's replies."""
    try:
        entries = redis.lrange(_key(batch_id), 0, -1)
    except RedisError as error:
        log.warning("journal_unavailable", batch_id=batch_id, error=type(error).__name__)
        return {}
    return dict(_read_entry(entry) for entry in entries)


def clear(*, batch_id: int) -> None:
    """Forget the notes once the rows say the same."""
    try:
        redis.delete(_key(batch_id))
    except RedisError as error:
        # Notes that stay are harmless: they say what the rows say.
        log.warning("journal_unavailable", batch_id=batch_id, error=type(error).__name__)


def _read_entry(entry: bytes | str) -> tuple[int, str]:
    text = entry.decode() if isinstance(entry, bytes) else entry
    delivery_id, _, reply = text.partition(" ")
    return int(delivery_id), reply


def _key(batch_id: int) -> str:
    return f"newsletter:journal:{batch_id}"
