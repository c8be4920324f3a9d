"""Answers about links, and digests that preflight holds."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add both tables, empty: nothing is known of any link, and nothing is held."""
    op.create_table(
        "link_checks",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("url_sha256", sa.String(64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(32), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_checks")),
        sa.UniqueConstraint("url_sha256", name=op.f("uq_link_checks_url_sha256")),
    )
    op.create_table(
        "preflight_holds",
        sa.Column("digest_id", BIG_ID, nullable=False),
        sa.Column("held_at", MOMENT, nullable=True),
        sa.Column("look_again_at", MOMENT, nullable=True),
        sa.Column("tell_at", MOMENT, nullable=True),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("overruled", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_preflight_holds_digest_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_preflight_holds")),
    )


def downgrade() -> None:
    """Drop both; a digest that was held goes out as it is."""
    op.drop_table("preflight_holds")
    op.drop_table("link_checks")
