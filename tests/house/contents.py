"""What the database holds, to compare it before and after."""

import hashlib

import sqlalchemy as sa

from newsletter.extensions import db


def contents() -> dict[str, str]:
    """Return a hash of every table's rows."""
    db.session.rollback()
    return {
        table.name: hashlib.sha256(
            repr(db.session.execute(sa.select(table).order_by(*table.primary_key)).all()).encode()
        ).hexdigest()
        for table in db.metadata.sorted_tables
    }
