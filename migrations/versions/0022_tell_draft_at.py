"""A digest's two moments of telling staff are named alike: tell_draft_at beside tell_pause_at."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the column; both databases do it in place."""
    op.alter_column("digests", "tell_at", new_column_name="tell_draft_at")


def downgrade() -> None:
    """Give it its old name back."""
    op.alter_column("digests", "tell_draft_at", new_column_name="tell_at")
