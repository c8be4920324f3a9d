"""A batch is read in the order of its deliveries, so that is what its index is for."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the new index before the old one goes."""
    op.create_index("ix_deliveries_batch_order", "deliveries", ["batch_id", "id"])
    op.drop_index("ix_deliveries_batch", table_name="deliveries")


def downgrade() -> None:
    """Build the old one again."""
    op.create_index("ix_deliveries_batch", "deliveries", ["batch_id", "state"])
    op.drop_index("ix_deliveries_batch_order", table_name="deliveries")
