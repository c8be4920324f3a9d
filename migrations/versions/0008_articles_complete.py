"""Pictures that we serve ourselves, and what polls remember of a site."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_url", sa.String(length=2000), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", _states("waiting", "stored", "refused", name="picturestate"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("file", sa.String(length=80), nullable=False),
        sa.Column("narrow_file", sa.String(length=80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("octets", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("stored_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("source_sha256", name=op.f("uq_pictures_source_sha256")),
    )
    op.create_index(op.f("ix_pictures_next_attempt_at"), "pictures", ["next_attempt_at"])
    op.create_table(
        "article_pictures",
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("picture_id", BIG_ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("may_lead", sa.Boolean(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_pictures_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_article_pictures_picture_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "picture_id", name=op.f("pk_article_pictures")),
    )
    op.create_index(op.f("ix_article_pictures_picture_id"), "article_pictures", ["picture_id"])
    for column in _of_articles():
        op.add_column("articles", column)
    for name in ("read_page_at", "pictures_listed_at"):
        op.create_index(op.f(f"ix_articles_{name}"), "articles", [name])
    for column in _of_feeds():
        op.add_column("feeds", column)


    op.create_table(
        "hub_leases",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("feed_id", BIG_ID, nullable=False),
        sa.Column("hub_url", sa.String(length=2000), nullable=False),
        sa.Column("topic_url", sa.String(length=2000), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("state", _states("asked", "active", "refused", name="hubleasestate"), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("last_ping_at", MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_hub_leases_feed_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_leases")),
        sa.UniqueConstraint("feed_id", name=op.f("uq_hub_leases_feed_id")),
        sa.UniqueConstraint("key", name=op.f("uq_hub_leases_key")),
    )
    op.create_index(op.f("ix_hub_leases_next_attempt_at"), "hub_leases", ["next_attempt_at"])


def downgrade() -> None:
    op.drop_table("hub_leases")
    for column in _of_feeds():
        op.drop_column("feeds", column.name)
    for name in ("read_page_at", "pictures_listed_at"):
        op.drop_index(op.f(f"ix_articles_{name}"), table_name="articles")
    for column in _of_articles():
        op.drop_column("articles", column.name)
    op.drop_table("article_pictures")
    op.drop_table("pictures")


def _states(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _of_articles() -> list[sa.Column]:
    return [
        sa.Column("page_image_url", sa.String(length=2000), nullable=False, server_default=""),
        sa.Column("page_image_alt", sa.Text(), nullable=False, server_default=""),
        sa.Column("page_attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("read_page_at", MOMENT, nullable=True),
        sa.Column("pictures_listed_at", MOMENT, nullable=True),
        sa.Column("enriched", sa.Boolean(), nullable=False, server_default=sa.false()),
    ]


def _of_feeds() -> list[sa.Column]:
    return [
        sa.Column("wait_until", MOMENT, nullable=True),
        sa.Column("ttl_seconds", sa.Integer(), nullable=True),
        sa.Column("read_whole_for", MOMENT, nullable=True),
        sa.Column("gap_since", MOMENT, nullable=True),
        sa.Column("rest_state", _states("unknown", "open", "closed", name="reststate"), nullable=False, server_default="unknown"),
        sa.Column("rest_url", sa.String(length=2000), nullable=False, server_default=""),
        sa.Column("rest_checked_at", MOMENT, nullable=True),
        sa.Column("rest_note", sa.Text(), nullable=False, server_default=""),
        sa.Column("hub_url", sa.String(length=2000), nullable=False, server_default=""),
        sa.Column("hub_topic", sa.String(length=2000), nullable=False, server_default=""),
    ]
