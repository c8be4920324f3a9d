"""The temporary table that holds the readers of one slice while they are stored."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from newsletter.database import BigId, Bytewise, UtcDateTime
from newsletter.extensions import db
from newsletter.subscriptions.import_readers import FileReader
from newsletter.subscriptions.models import Subscriber, Subscription

#: What the file tells of a reader, by the fields of `FileReader`, and what the steps add.
STAGE = sa.Table(
    "import_stage",
    sa.MetaData(),
    sa.Column("line", sa.Integer),
    sa.Column("email_key", Bytewise),
    sa.Column("email", sa.Text),
    sa.Column("address_hash", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("cadence", sa.Text),
    sa.Column("topics", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("signed_up_at", UtcDateTime),
    sa.Column("confirmed_at", UtcDateTime),
    sa.Column("evidence", sa.Text),
    sa.Column("send_at", sa.Time),
    sa.Column("time_zone", sa.Text),
    sa.Column("paused_until", UtcDateTime),
    sa.Column("known", sa.Boolean),  # her address was there before
    sa.Column("verdict", sa.Text),  # why there is nothing to store
    # Ids that are free: a row that is stored under its id is this import's and nobody else's.
    sa.Column("subscriber_id", BigId),
    sa.Column("subscription_id", BigId),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
_LOADED = ", ".join(FileReader._fields)

#: For one transaction: the table is sorted in memory, no statement is compiled to
#: machine code, which took longer than running it, and moments that name no zone are in UTC.
_POSTGRESQL_SETTINGS = ("work_mem = '64MB'", "jit = off", "TimeZone = 'UTC'")


@contextmanager
def staged(readers: Sequence[FileReader]) -> Iterator[None]:
    """Keep the readers in the table meanwhile, each with a free id of both kinds."""
    connection = db.session.connection()
    STAGE.create(connection)
    if connection.dialect.name == "postgresql":
        _set_up_postgresql(connection)
        _load_postgresql(connection, readers)
    else:
        _load_sqlite(connection, readers)
        _number_on_sqlite(connection)
    yield
    STAGE.drop(connection)


def _set_up_postgresql(connection: sa.Connection) -> None:
    for setting in _POSTGRESQL_SETTINGS:
        connection.exec_driver_sql(f"SET LOCAL {setting}")
    for column, model in (("subscriber_id", Subscriber), ("subscription_id", Subscription)):
        number = f"nextval('{model.__tablename__}_id_seq')"
        connection.exec_driver_sql(f"ALTER TABLE {STAGE.name} ALTER {column} SET DEFAULT {number}")


def _load_postgresql(connection: sa.Connection, readers: Sequence[FileReader]) -> None:
    driver: Any = connection.connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {STAGE.name} ({_LOADED}) FROM STDIN") as copy,
    ):
        for reader in readers:
            copy.write_row(reader)


def _load_sqlite(connection: sa.Connection, readers: Sequence[FileReader]) -> None:
    places = ", ".join("?" * len(FileReader._fields))
    statement = f"INSERT INTO {STAGE.name} ({_LOADED}) VALUES ({places})"  # noqa: S608
    connection.exec_driver_sql(statement, list(readers))


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
