"""No query looks a reader up by the hash of her address: each meets suppressions by their index."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INDEX = ("ix_subscribers_address_hash", "subscribers", ["address_hash"])


def upgrade() -> None:
    """Drop it: every new reader and every import paid for it."""
    op.drop_index(_INDEX[0], table_name=_INDEX[1])


def downgrade() -> None:
    """Build it again, by hash on PostgreSQL."""
    op.create_index(*_INDEX, postgresql_using="hash")
