"""Languages that a publication offers, and its welcome letter."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WELCOME = sa.text("kind = 'welcome'")


def upgrade() -> None:
    """Every publication offers its own language only, and welcomes who confirms from now on."""
    with op.batch_alter_table("publications") as publications:
        publications.add_column(
            sa.Column("languages", sa.String(200), nullable=False, server_default="")
        )
        publications.add_column(
            sa.Column("welcome", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("publications") as publications:
        publications.alter_column("languages", server_default=None)
        publications.alter_column("welcome", server_default=None)
    op.create_index(
        "uq_letters_welcome",
        "letters",
        ["subscription_id"],
        unique=True,
        sqlite_where=WELCOME,
        postgresql_where=WELCOME,
    )


def downgrade() -> None:
    """Drop them; letters of a kind that is not known any more go too."""
    op.drop_index("uq_letters_welcome", table_name="letters")
    op.execute("DELETE FROM letters WHERE kind = 'welcome'")
    with op.batch_alter_table("publications") as publications:
        publications.drop_column("welcome")
        publications.drop_column("languages")
