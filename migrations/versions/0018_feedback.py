"""What comes back: notices, feedback, soft points; addresses of suppressions; digests that pause."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
BYTEWISE = sa.String(320).with_variant(sa.String(320, collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables, empty; suppressions learn the addresses of readers whom we know."""
    _add_notices()
    _add_feedback()
    _add_soft_points()
    with op.batch_alter_table("digests") as digests:
        digests.add_column(sa.Column("resumed_at", MOMENT, nullable=True))
        digests.add_column(sa.Column("tell_pause_at", MOMENT, nullable=True))
        digests.create_index(op.f("ix_digests_tell_pause_at"), ["tell_pause_at"])
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.add_column(
            sa.Column("address_key", BYTEWISE, nullable=False, server_default="")
        )
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.alter_column("address_key", server_default=None)
        suppressions.create_index(op.f("ix_suppressions_address_key"), ["address_key"])
        suppressions.create_index(op.f("ix_suppressions_reason"), ["reason"])
    op.execute(
        "UPDATE suppressions SET address_key = (SELECT subscribers.email_key FROM subscribers "
        "WHERE subscribers.address_hash = suppressions.address_hash) "
        "WHERE reason <> 'erased' AND EXISTS (SELECT 1 FROM subscribers "
        "WHERE subscribers.address_hash = suppressions.address_hash)"
    )


def downgrade() -> None:
    """Forget what came back; who is suppressed stays so."""
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.drop_index(op.f("ix_suppressions_reason"))
        suppressions.drop_index(op.f("ix_suppressions_address_key"))
        suppressions.drop_column("address_key")
    with op.batch_alter_table("digests") as digests:
        digests.drop_index(op.f("ix_digests_tell_pause_at"))
        digests.drop_column("tell_pause_at")
        digests.drop_column("resumed_at")
    for table in ("soft_points", "feedback", "notices"):
        op.drop_table(table)
    op.execute("UPDATE deliveries SET state = 'sent' WHERE state IN ('bounced', 'complained')")
    # Ways to leave that are not known any more; how she left stays in the detail of the step.
    op.execute(
        "UPDATE consent_events SET source = 'staff', detail = CASE source WHEN 'mail' "
        "THEN 'by a mail to the address for leaving' ELSE 'by a complaint' END "
        "WHERE source IN ('mail', 'complaint')"
    )


def _add_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("event_id", sa.String(200), nullable=False),
        sa.Column("once", sa.String(200), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("delivery_id", BIG_ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_notices_source_event_id")),
        sa.UniqueConstraint("source", "once", name=op.f("uq_notices_source_once")),
    )
    op.create_index(op.f("ix_notices_handled_at"), "notices", ["handled_at"])
    op.create_index(op.f("ix_notices_received_at"), "notices", ["received_at"])


def _add_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("delivery_id", BIG_ID, nullable=False),
        sa.Column("digest_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("mailed_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"],
            name=op.f("fk_feedback_delivery_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("delivery_id", "kind", name=op.f("uq_feedback_delivery_id_kind")),
    )
    op.create_index("ix_feedback_digest", "feedback", ["digest_id", "kind"])
    op.create_index("ix_feedback_at", "feedback", ["at"])


def _add_soft_points() -> None:
    op.create_table(
        "soft_points",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("day", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_soft_points")),
        sa.UniqueConstraint("address_hash", "day", name=op.f("uq_soft_points_address_hash_day")),
    )
