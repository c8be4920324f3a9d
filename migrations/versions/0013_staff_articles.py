"""Articles that staff write: manuscripts and their pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables, empty."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "manuscripts",
        sa.Column("id", number, nullable=False),
        sa.Column("publication_id", number, nullable=False),
        sa.Column("article_id", number, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("standfirst", sa.Text(), nullable=False),
        sa.Column("author", sa.String(500), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("last_picture", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_manuscripts_publication_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_manuscripts_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manuscripts")),
        sa.UniqueConstraint("article_id", name=op.f("uq_manuscripts_article_id")),
    )
    op.create_index(
        op.f("ix_manuscripts_publication_id"), "manuscripts", ["publication_id"], unique=False
    )
    op.create_table(
        "manuscript_pictures",
        sa.Column("manuscript_id", number, nullable=False),
        sa.Column("picture_id", number, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manuscript_id"],
            ["manuscripts.id"],
            name=op.f("fk_manuscript_pictures_manuscript_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"],
            ["pictures.id"],
            name=op.f("fk_manuscript_pictures_picture_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "manuscript_id", "picture_id", name=op.f("pk_manuscript_pictures")
        ),
    )
    op.create_index(
        op.f("ix_manuscript_pictures_picture_id"),
        "manuscript_pictures",
        ["picture_id"],
        unique=False,
    )


def downgrade() -> None:
    """Drop them; the articles made of them stay."""
    op.drop_table("manuscript_pictures")
    op.drop_table("manuscripts")
