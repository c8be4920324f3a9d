"""Drafts ahead of the hour, and what editors decide about them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = ("preheader", "introduction", "block_title", "block_text", "block_link")
MOMENTS = ("held_at", "tell_at", "started_at")


def upgrade() -> None:
    """No draft is made ahead until an owner asks for it; the clock started what it had started."""
    with op.batch_alter_table("publications") as publications:
        publications.add_column(
            sa.Column("draft_lead_minutes", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("publications") as publications:
        publications.alter_column("draft_lead_minutes", server_default=None)
    with op.batch_alter_table("digests") as digests:
        for name in WORDS:
            digests.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        digests.add_column(sa.Column("block_label", sa.String(32), nullable=True))
        digests.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        digests.add_column(sa.Column("drafted_upto", sa.BigInteger(), nullable=True))
        for name in MOMENTS:
            digests.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("digests") as digests:
        for name in (*WORDS, "version"):
            digests.alter_column(name, server_default=None)
    op.execute("UPDATE digests SET started_at = created_at WHERE NOT by_hand")
    op.create_table(
        "article_choices",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest_id", BIG_ID, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("treatment", sa.String(32), nullable=True),
        sa.Column("left_out", sa.Boolean(), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_article_choices_digest_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_choices_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_choices")),
        sa.UniqueConstraint(
            "digest_id", "article_id", name=op.f("uq_article_choices_digest_id_article_id")
        ),
    )
    op.create_index("ix_article_choices_article_id", "article_choices", ["article_id"])
    op.create_table(
        "edit_locks",
        sa.Column("digest_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digests.id"], name=op.f("fk_edit_locks_digest_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_edit_locks")),
    )


def downgrade() -> None:
    """What editors wrote and decided is lost; a draft of the clock that waits is cancelled."""
    op.execute(
        "UPDATE digests SET state = 'cancelled', reason = 'drafts ahead were taken out' "
        "WHERE state = 'draft' AND drafted_upto IS NOT NULL"
    )
    op.drop_table("edit_locks")
    op.drop_table("article_choices")
    with op.batch_alter_table("digests") as digests:
        for name in (*WORDS, *MOMENTS, "block_label", "version", "drafted_upto"):
            digests.drop_column(name)
    with op.batch_alter_table("publications") as publications:
        publications.drop_column("draft_lead_minutes")
