"""Who has the publishing of a digest in hand, and how often it got nowhere."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; digests on their way are in nobody's hand."""
    with op.batch_alter_table("digests") as digests:
        digests.add_column(sa.Column("publishing_until", sa.DateTime(timezone=True)))
        digests.add_column(
            sa.Column("publish_attempts", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("digests") as digests:
        digests.alter_column("publish_attempts", server_default=None)


def downgrade() -> None:
    """Drop both."""
    with op.batch_alter_table("digests") as digests:
        digests.drop_column("publish_attempts")
        digests.drop_column("publishing_until")
