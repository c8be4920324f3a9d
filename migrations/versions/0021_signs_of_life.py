"""Opens of readers who consented, their last sign of life, and asking those who are silent."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
#: What is new of a publication, and how it begins: nothing is counted, nobody asked.
NEW = {
    "counts_opens": (sa.Boolean(), sa.false()),
    "ask_after_months": (sa.Integer(), "0"),
    "ends_unanswered": (sa.Boolean(), sa.false()),
}


def upgrade() -> None:
    """Nobody has consented yet, so both tables begin empty."""
    op.create_table(
        "signs_of_life",
        sa.Column("subscription_id", BIG_ID, nullable=False),
        sa.Column("publication_id", BIG_ID, nullable=False),
        sa.Column("allowed_at", MOMENT, nullable=False),
        sa.Column("last_sign_on", sa.Date(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("ends_unanswered", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_signs_of_life_{column}"),
                ondelete="CASCADE",
            )
            for column, table in (
                ("subscription_id", "subscriptions"),
                ("publication_id", "publications"),
            )
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_signs_of_life")),
    )
    op.create_index("ix_signs_of_life_silent", "signs_of_life", ["publication_id", "last_sign_on"])
    op.create_table(
        "open_counts",
        sa.Column("digest_id", BIG_ID, nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("machine_opens", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_open_counts_digest_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_open_counts")),
    )
    with op.batch_alter_table("publications") as publications:
        for name, (kind, start) in NEW.items():
            publications.add_column(sa.Column(name, kind, nullable=False, server_default=start))
    with op.batch_alter_table("publications") as publications:
        for name in NEW:
            publications.alter_column(name, server_default=None)


def downgrade() -> None:
    """Drop what is known of opens and consents to them; which steps there were stays told."""
    op.execute("DELETE FROM letters WHERE kind IN ('still_wanted', 'ended')")
    steps = "'opens_allowed', 'opens_ended', 'still_wanted'"
    op.execute(
        f"UPDATE consent_events SET detail = step, step = 'preferences_changed' "  # noqa: S608
        f"WHERE step IN ({steps})"
    )
    op.execute(
        "UPDATE consent_events SET source = 'staff', detail = 'after silence' "
        "WHERE source = 'silence'"
    )
    with op.batch_alter_table("publications") as publications:
        for name in NEW:
            publications.drop_column(name)
    op.drop_table("open_counts")
    op.drop_index("ix_signs_of_life_silent", table_name="signs_of_life")
    op.drop_table("signs_of_life")
