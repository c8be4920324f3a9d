"""The foreign keys of an import on PostgreSQL: held once, not looked up for every row."""

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.import_plan import ImportPlan

#: Superusers may, and who was granted SET ON PARAMETER for both.
_MAY_SPARE = sa.text(
    "SELECT has_parameter_privilege('session_replication_role', 'SET')"
    " AND has_parameter_privilege('log_error_verbosity', 'SET')"
)
_FIRST_THAT_CAN_ASK = (15,)
_SPARE = sa.text("SET LOCAL session_replication_role = replica")
#: An error about a key names its value, here an address, in the server's log too.
_NO_VALUES_IN_LOGS = sa.text("SET LOCAL log_error_verbosity = terse")


def hold_keys(plan: ImportPlan) -> bool:
    """Hold what the rows of this transaction will refer to, so that none is looked up.

    The looking up takes a third of PostgreSQL's time, and could find nothing missing. A row refers
    to what this transaction stored itself, and nobody else sees yet; to the publication, which is
    locked here as a looking up would lock it; to readers who were known, whom
    `import_rows.lock_known` locks; and to hours, which nobody deletes.

    Returns whether the database lets us, and keeps addresses out of its log of errors; if not, it
    looks up, and the import takes longer.
    """
    if not _may_spare(db.session.connection().dialect):
        return False
    held = {"read": True, "key_share": True}
    db.session.get_one(Publication, plan.publication_id, with_for_update=held)
    db.session.execute(_SPARE)
    db.session.execute(_NO_VALUES_IN_LOGS)
    return True


def _may_spare(dialect: sa.Dialect) -> bool:
    return (
        dialect.name == "postgresql"
        and (dialect.server_version_info or ()) >= _FIRST_THAT_CAN_ASK
        and bool(db.session.scalar(_MAY_SPARE))
    )
