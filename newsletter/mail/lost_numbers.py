"""After a restored backup: numbers in mails of the lost hours are not given to anybody else."""

import sqlalchemy as sa

from newsletter.extensions import db

#: By table, more rows than the lost hours can have had. Links at the foot of a mail name a
#: subscription, return paths and Message-IDs a delivery or a letter: a click or a bounce that
#: comes late must not meet a stranger's.
AHEAD = {
    "subscribers": 10_000_000,
    "subscriptions": 10_000_000,
    "address_changes": 10_000_000,
    "letters": 10_000_000,
    "digests": 100_000,
    "batches": 10_000_000,
    "deliveries": 1_000_000_000,
}


def pass_over_lost_numbers() -> None:
    """Move the sequences far ahead; SQLite has none, and counts on from the last row there is."""
    if db.engine.dialect.name != "postgresql":
        return
    for table, rows in AHEAD.items():
        sequence = sa.func.pg_get_serial_sequence(table, "id")
        moved = sa.func.setval(sequence, sa.func.nextval(sequence) + rows)
        db.session.execute(sa.select(moved))
