"""After a restored backup: numbers in mails of the lost hours are not given to anybody else."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.deliveries.models import Batch, Delivery
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.sending_hold import Witnesses, release_sending
from newsletter.subscriptions.models import AddressChange, Letter, Subscriber, Subscription

#: More rows than the lost hours can have had. Links at the foot of a mail name a subscription,
#: return paths and Message-IDs a delivery or a letter: a click or a bounce that comes late must
#: not meet a stranger's.
AHEAD = {
    Subscriber: 10_000_000,
    Subscription: 10_000_000,
    AddressChange: 10_000_000,
    Letter: 10_000_000,
    Digest: 100_000,
    Batch: 10_000_000,
    Delivery: 1_000_000_000,
}


def release_restored(*, witnesses: Witnesses, now: datetime) -> int:
    """Let mail go out again as `release_sending` does, beyond the numbers of the lost hours.

    Raises:
        SendingNotHeld.
    """
    mark = release_sending(witnesses=witnesses, now=now)
    if db.engine.dialect.name == "postgresql":
        _pass_over_lost_numbers()
    return mark


def _pass_over_lost_numbers() -> None:
    """Move the sequences; SQLite has none, and counts on from the last row there is."""
    for model, rows in AHEAD.items():
        sequence = sa.func.pg_get_serial_sequence(model.__tablename__, "id")
        moved = sa.func.setval(sequence, sa.func.nextval(sequence) + rows)
        db.session.execute(sa.select(moved))
