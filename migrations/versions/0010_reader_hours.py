"""Hours of readers' own, and digests that go at them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEYS = ("hours_id", "former_hours_id")
MOMENTS = ("former_from", "hours_from")


def upgrade() -> None:
    """Every reader keeps the publication's hours, and every digest was for those."""
    op.create_table(
        "reader_hours",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("send_at", sa.Time(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_hours")),
        sa.UniqueConstraint("send_at", "time_zone", name=op.f("uq_reader_hours_send_at_time_zone")),
    )
    with op.batch_alter_table("subscriptions") as subscriptions:
        for column in KEYS:
            subscriptions.add_column(sa.Column(column, BIG_ID, nullable=True))
            subscriptions.create_foreign_key(
                op.f(f"fk_subscriptions_{column}"), "reader_hours", [column], ["id"]
            )
        for column in MOMENTS:
            subscriptions.add_column(
                sa.Column(column, sa.DateTime(timezone=True), nullable=True)
            )
    _create_index("ix_subscriptions_hours", ["publication_id", "hours_id", "hours_from"], KEYS[0])
    _create_index("ix_subscriptions_former_hours", ["publication_id", "hours_from"], KEYS[1])
    with op.batch_alter_table("digests") as digests:
        digests.add_column(
            sa.Column("at_own_hours", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        digests.add_column(sa.Column("hours", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("digests") as digests:
        digests.alter_column("at_own_hours", server_default=None)
        digests.alter_column("hours", server_default=None)


def downgrade() -> None:
    """Every reader goes back to the publication's hours."""
    with op.batch_alter_table("digests") as digests:
        digests.drop_column("hours")
        digests.drop_column("at_own_hours")
    op.drop_index("ix_subscriptions_former_hours", table_name="subscriptions")
    op.drop_index("ix_subscriptions_hours", table_name="subscriptions")
    with op.batch_alter_table("subscriptions") as subscriptions:
        for column in KEYS:
            subscriptions.drop_constraint(
                op.f(f"fk_subscriptions_{column}"), type_="foreignkey"
            )
        for column in (*KEYS, *MOMENTS):
            subscriptions.drop_column(column)
    op.drop_table("reader_hours")


def _create_index(name: str, columns: list[str], key: str) -> None:
    """Index only the few readers with hours of their own."""
    there = sa.text(f"{key} IS NOT NULL")
    op.create_index(
        name, "subscriptions", columns, sqlite_where=there, postgresql_where=there
    )
