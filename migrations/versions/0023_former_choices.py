"""What readers had chosen before a footer link changed it, kept with the letter that tells so."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """No such letter has been written yet, so the table begins empty."""
    op.create_table(
        "former_choices",
        sa.Column("letter_id", BIG_ID, nullable=False),
        sa.Column("cadence", sa.String(32), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("hours_id", BIG_ID, nullable=True),
        sa.Column("paused_until", MOMENT, nullable=True),
        sa.Column("allows_opens", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["letters.id"],
            name=op.f("fk_former_choices_letter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["hours_id"], ["reader_hours.id"], name=op.f("fk_former_choices_hours_id")
        ),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_former_choices")),
    )


def downgrade() -> None:
    """Nothing can set choices back any more, so the letters that offered it go too."""
    op.drop_table("former_choices")
    op.execute("DELETE FROM letters WHERE kind = 'choices_changed'")
