"""Deliveries refer to batches and variants without a foreign key: a tenth of a fan-out."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFERENCES = {"batch_id": "batches", "variant_id": "variants"}


def upgrade() -> None:
    """Drop both keys; no row changes."""
    with op.batch_alter_table("deliveries") as deliveries:
        for column in REFERENCES:
            deliveries.drop_constraint(op.f(f"fk_deliveries_{column}"), type_="foreignkey")


def downgrade() -> None:
    """Set both keys again."""
    with op.batch_alter_table("deliveries") as deliveries:
        for column, table in REFERENCES.items():
            deliveries.create_foreign_key(
                op.f(f"fk_deliveries_{column}"), table, [column], ["id"]
            )
