"""Readers are found by the hash of their address whole: PostgreSQL has a smaller index for that."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INDEX = ("ix_subscribers_address_hash", "subscribers", ["address_hash"])


def upgrade() -> None:
    """Build the index anew, by hash on PostgreSQL."""
    op.drop_index(_INDEX[0], table_name=_INDEX[1])
    op.create_index(*_INDEX, postgresql_using="hash")


def downgrade() -> None:
    """Build the ordered one again."""
    op.drop_index(_INDEX[0], table_name=_INDEX[1])
    op.create_index(*_INDEX)
