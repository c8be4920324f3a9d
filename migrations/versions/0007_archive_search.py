"""The index by which readers search articles; workers fill it after the upgrade."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make an empty index: full-text search on PostgreSQL, FTS5 on SQLite."""
    if op.get_bind().dialect.name != "postgresql":
        # Terms come ready made, so the tokenizer only has to part them at spaces.
        op.execute(
            "CREATE VIRTUAL TABLE article_search"
            " USING fts5(title, standfirst, body, tokenize = 'ascii')"
        )
        return
    op.create_table(
        "article_search",
        sa.Column("article_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("head", TSVECTOR(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_search")),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_search_article_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_article_search_words", "article_search", ["words"], postgresql_using="gin"
    )


def downgrade() -> None:
    """Drop the index; the articles keep all it was made of."""
    op.drop_table("article_search")
