"""The temporary table that holds the readers of one slice while they are stored."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.database import BigId, Bytewise, UtcDateTime
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscriber, Subscription

#: What the file tells of a reader, in the order of a `StagedRow`, and what the steps add.
STAGE = sa.Table(
    "import_stage",
    sa.MetaData(),
    sa.Column("email_key", Bytewise),
    sa.Column("email", sa.Text),
    sa.Column("address_hash", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("cadence", sa.Text),
    sa.Column("topics", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("signed_up_at", UtcDateTime),
    sa.Column("confirmed_at", UtcDateTime),
    sa.Column("detail", sa.Text),
    sa.Column("verdict", sa.Text),  # why there is nothing to store
    # Ids that are free: a row that is stored under its id is this import's and nobody else's.
    sa.Column("subscriber_id", BigId),
    sa.Column("subscription_id", BigId),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
_LOADED = [column.name for column in STAGE.columns][:10]

StagedRow = tuple[str, str, str, str, str, str, str, datetime | None, datetime | None, str]


@contextmanager
def staged(rows: Sequence[StagedRow]) -> Iterator[None]:
    """Keep `rows` in the table meanwhile, each with a free id of both kinds."""
    connection = db.session.connection()
    STAGE.create(connection)
    if connection.dialect.name == "postgresql":
        _number_on_postgresql(connection)
        _load_postgresql(connection, rows)
    else:
        _load_sqlite(connection, rows)
        _number_on_sqlite(connection)
    yield
    STAGE.drop(connection)


def _number_on_postgresql(connection: sa.Connection) -> None:
    table = STAGE.name
    for column, model in (("subscriber_id", Subscriber), ("subscription_id", Subscription)):
        sequence = f"nextval('{model.__tablename__}_id_seq')"
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER {column} SET DEFAULT {sequence}")


def _load_postgresql(connection: sa.Connection, rows: Iterable[StagedRow]) -> None:
    driver: Any = connection.connection
    statement = f"COPY {STAGE.name} ({', '.join(_LOADED)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _load_sqlite(connection: sa.Connection, rows: Sequence[StagedRow]) -> None:
    places = ", ".join("?" * len(_LOADED))
    statement = f"INSERT INTO {STAGE.name} ({', '.join(_LOADED)}) VALUES ({places})"  # noqa: S608
    connection.exec_driver_sql(
        statement, [(*row[:7], _stored(row[7]), _stored(row[8]), row[9]) for row in rows]
    )


def _stored(moment: datetime | None) -> str | None:
    """Write a UTC moment as SQLAlchemy does on SQLite."""
    return moment.isoformat(" ", "microseconds")[:26] if moment else None


def _number_on_sqlite(connection: sa.Connection) -> None:
    """Count on from the highest ids: the unit of work is the only writer."""
    number: sa.ColumnElement[int] = sa.literal_column("rowid")
    connection.execute(
        sa.update(STAGE).values(
            subscriber_id=number + _highest(Subscriber.id),
            subscription_id=number + _highest(Subscription.id),
        )
    )


def _highest(column: Any) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.coalesce(sa.func.max(column), 0)).scalar_subquery()
