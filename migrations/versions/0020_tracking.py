"""Clicks counted per link, and how sending domains stand."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Every publication starts with nothing counted, and no domain looked at."""
    op.create_table(
        "domain_checks",
        sa.Column("publication_id", BIG_ID, nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_domain_checks_publication_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_domain_checks")),
    )
    op.create_table(
        "counted_links",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest_id", BIG_ID, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("machine_clicks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_counted_links_digest_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_links")),
        sa.UniqueConstraint("token", name=op.f("uq_counted_links_token")),
    )
    op.create_index("ix_counted_links_digest_id", "counted_links", ["digest_id"])
    with op.batch_alter_table("publications") as publications:
        publications.add_column(
            sa.Column("counts_clicks", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("publications") as publications:
        publications.alter_column("counts_clicks", server_default=None)


def downgrade() -> None:
    """Drop what was counted: links in mails already sent lead nowhere then."""
    with op.batch_alter_table("publications") as publications:
        publications.drop_column("counts_clicks")
    op.drop_index("ix_counted_links_digest_id", table_name="counted_links")
    op.drop_table("counted_links")
    op.drop_table("domain_checks")
