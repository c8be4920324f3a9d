"""The signup gate: shares of letters, used passes, the breaker, the rule for disposable addresses.

Letters of before the upgrade count towards no share: for a day an address may get one more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables, empty, and one column in place."""
    op.create_table(
        "letter_shares",
        sa.Column("id", _ID, nullable=False),
        sa.Column("spelling_hash", sa.String(64), nullable=False),
        sa.Column("latest_at", _MOMENT, nullable=False),
        sa.Column("second_at", _MOMENT, nullable=True),
        sa.Column("third_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_shares")),
        sa.UniqueConstraint("spelling_hash", name=op.f("uq_letter_shares_spelling_hash")),
    )
    op.create_index(op.f("ix_letter_shares_latest_at"), "letter_shares", ["latest_at"])
    op.create_table(
        "used_passes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_passes")),
        sa.UniqueConstraint("key", name=op.f("uq_used_passes_key")),
    )
    op.create_index(op.f("ix_used_passes_until"), "used_passes", ["until"])
    op.create_table(
        "signup_breaker",
        sa.Column("id", _ID, nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("least_percent", sa.Integer(), nullable=False),
        sa.Column("tripped_at", _MOMENT, nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("tell_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_breaker")),
    )
    op.create_index(op.f("ix_letters_requested_at"), "letters", ["requested_at"])
    column = sa.Column("disposable_addresses", sa.String(32), nullable=False, server_default="warn")
    op.add_column("publications", column)


def downgrade() -> None:
    """Forget all of it."""
    op.drop_column("publications", "disposable_addresses")
    op.drop_index(op.f("ix_letters_requested_at"), table_name="letters")
    op.drop_table("signup_breaker")
    op.drop_table("used_passes")
    op.drop_table("letter_shares")
