"""The ledger: alarms, rules for odd dates, the words as mailed, corrections.

Columns are added in place: SQLite's way round, copying a table, would drop the old one, and with it
whatever refers to its rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)

#: Rules for odd dates, as publications without a choice of their own have them.
RULES = {"late_articles": "include", "back_dated_articles": "hold", "future_articles": "hold"}
WORDS = ("title", "author", "excerpt", "content_html", "image_caption")
MOMENTS = ("held_until", "released_at", "source_date")


def upgrade() -> None:
    """Add tables and columns; what is there keeps its rows and its meaning."""
    op.create_table(
        "alarms",
        sa.Column("id", _ID, nullable=False),
        sa.Column("publication_id", _ID, nullable=False),
        sa.Column("feed_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_at", _MOMENT, nullable=False),
        sa.Column("tell_at", _MOMENT, nullable=True),
        _reference("alarms", "publication_id", "publications", "CASCADE"),
        _reference("alarms", "feed_id", "feeds", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_publication_id"), "alarms", ["publication_id"])
    op.add_column("articles", sa.Column("alarm_id", _ID, nullable=True))
    op.create_index(op.f("ix_articles_alarm_id"), "articles", ["alarm_id"])
    for name in MOMENTS:
        op.add_column("articles", sa.Column(name, _MOMENT, nullable=True))
    op.create_index(op.f("ix_articles_held_until"), "articles", ["held_until"])
    for name, rule in RULES.items():
        column = sa.Column(name, sa.String(length=32), nullable=False, server_default=rule)
        op.add_column("publications", column)
    _keep_words()


def downgrade() -> None:
    """Take them away again, corrections too; held articles stay held."""
    op.execute("DELETE FROM digests WHERE kind = 'correction'")
    op.drop_column("digests", "note")
    op.drop_column("digests", "kind")
    op.drop_column("digest_articles", "revision_id")
    op.drop_table("article_revisions")
    for name in RULES:
        op.drop_column("publications", name)
    op.drop_index(op.f("ix_articles_held_until"), table_name="articles")
    for name in MOMENTS:
        op.drop_column("articles", name)
    op.drop_index(op.f("ix_articles_alarm_id"), table_name="articles")
    op.drop_column("articles", "alarm_id")
    op.drop_index(op.f("ix_alarms_publication_id"), table_name="alarms")
    op.drop_table("alarms")


def _keep_words() -> None:
    """Prepare for corrections: what was mailed before now has no revision, and is told as such."""
    op.create_table(
        "article_revisions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("words_hash", sa.String(length=64), nullable=False),
        sa.Column("kept_at", _MOMENT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in WORDS),
        _reference("article_revisions", "article_id", "articles", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revisions")),
        sa.UniqueConstraint(
            "article_id", "words_hash", name=op.f("uq_article_revisions_article_id_words_hash")
        ),
    )
    op.add_column("digest_articles", sa.Column("revision_id", _ID, nullable=True))
    kind = sa.Column("kind", sa.String(length=32), nullable=False, server_default="digest")
    op.add_column("digests", kind)
    op.add_column("digests", sa.Column("note", sa.Text(), nullable=False, server_default=""))


def _reference(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)

