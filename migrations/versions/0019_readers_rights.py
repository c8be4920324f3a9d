"""Readers' rights: changes of address, reasons for leaving, versions of wordings, retention."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LETTERS = "'left', 'personal_link', 'new_address', 'address_taken', 'address_changed'"


def upgrade() -> None:
    """Add what is new, empty; number the wordings that there are."""
    op.create_table(
        "address_changes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("subscription_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("old_email", sa.String(320), nullable=False),
        sa.Column("new_email", sa.String(320), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_address_changes_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
    )
    for column in ("subscription_id", "asked_at"):
        op.create_index(op.f(f"ix_address_changes_{column}"), "address_changes", [column])
    op.create_table(
        "leave_reason_counts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("publication_id", BIG_ID, nullable=False),
        sa.Column("day", MOMENT, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_leave_reason_counts_publication_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_reason_counts")),
        sa.UniqueConstraint(
            "publication_id",
            "day",
            "reason",
            name=op.f("uq_leave_reason_counts_publication_id_day_reason"),
        ),
    )
    # Not by batch: SQLite would copy every subscription.
    op.add_column(
        "subscriptions",
        sa.Column("reason_round", sa.Integer(), nullable=False, server_default="0"),
    )
    with op.batch_alter_table("publications") as publications:
        publications.add_column(
            sa.Column("traces_days", sa.Integer(), nullable=False, server_default="30")
        )
    with op.batch_alter_table("publications") as publications:
        publications.alter_column("traces_days", server_default=None)
    with op.batch_alter_table("letters") as letters:
        letters.add_column(sa.Column("address_change_id", BIG_ID, nullable=True))
        letters.create_foreign_key(
            op.f("fk_letters_address_change_id"),
            "address_changes",
            ["address_change_id"],
            ["id"],
            ondelete="SET NULL",
        )
    _add_versions()


def _add_versions() -> None:
    with op.batch_alter_table("consent_wordings") as wordings:
        wordings.add_column(sa.Column("publication_id", BIG_ID, nullable=True))
        wordings.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        wordings.create_foreign_key(
            op.f("fk_consent_wordings_publication_id"),
            "publications",
            ["publication_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table("consent_wordings") as wordings:
        wordings.alter_column("version", server_default=None)
    # Whose a wording is, the consents given to it say. A wording that has none is used by nobody.
    op.execute(
        "UPDATE consent_wordings SET publication_id = (SELECT s.publication_id "
        "FROM consent_events e JOIN subscriptions s ON s.id = e.subscription_id "
        "WHERE e.wording_id = consent_wordings.id ORDER BY e.id LIMIT 1)"
    )
    op.execute(
        "UPDATE consent_wordings SET version = (SELECT count(*) FROM consent_wordings AS other "
        "WHERE other.publication_id = consent_wordings.publication_id "
        "AND other.language = consent_wordings.language AND other.id <= consent_wordings.id) "
        "WHERE publication_id IS NOT NULL"
    )


def downgrade() -> None:
    """Drop it all; letters of kinds that are not known any more go, evidence stays.

    A letter to a new address would go to the old one. Who came back has confirmed; which address
    changed stays in the detail of the step.
    """
    op.execute(f"DELETE FROM letters WHERE kind IN ({LETTERS})")
    op.execute("UPDATE consent_events SET step = 'confirmed' WHERE step = 'came_back'")
    op.execute(
        "UPDATE consent_events SET step = 'preferences_changed' WHERE step = 'address_changed'"
    )
    with op.batch_alter_table("consent_wordings") as wordings:
        wordings.drop_constraint(op.f("fk_consent_wordings_publication_id"), type_="foreignkey")
        wordings.drop_column("version")
        wordings.drop_column("publication_id")
    with op.batch_alter_table("letters") as letters:
        letters.drop_constraint(op.f("fk_letters_address_change_id"), type_="foreignkey")
        letters.drop_column("address_change_id")
    with op.batch_alter_table("publications") as publications:
        publications.drop_column("traces_days")
    op.drop_column("subscriptions", "reason_round")
    op.drop_table("leave_reason_counts")
    op.drop_table("address_changes")
