"""The ledger holds what it does not believe: alarms, and rules for odd dates.

Columns are added in place: SQLite's way round, copying a table, would drop the old one, and with it
whatever refers to its rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)

#: Rules for odd dates, as publications without a choice of their own have them.
RULES = {"late_articles": "include", "back_dated_articles": "hold", "future_articles": "hold"}
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


def downgrade() -> None:
    """Take them away again; held articles stay held."""
    for name in RULES:
        op.drop_column("publications", name)
    op.drop_index(op.f("ix_articles_held_until"), table_name="articles")
    for name in MOMENTS:
        op.drop_column("articles", name)
    op.drop_index(op.f("ix_articles_alarm_id"), table_name="articles")
    op.drop_column("articles", "alarm_id")
    op.drop_index(op.f("ix_alarms_publication_id"), table_name="alarms")
    op.drop_table("alarms")


def _reference(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)

