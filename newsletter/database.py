"""What every model and both databases share: base class, column types, transaction modes."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session, registry

from newsletter import stale_connections

Model = TypeVar("Model", bound=DeclarativeBase)

#: A connection carries this option while a unit of work writes through it.
WRITER = "newsletter_writer"


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment, UTC-aware in Python on both databases; refuses naive values."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class IdSet(sa.types.TypeDecorator[frozenset[int]]):
    """A set of ids as canonical text ("3,17"), so that equal sets are equal in SQL too."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else id_set_text(value)

    def process_result_value(self, value: str | None, dialect: Any) -> frozenset[int] | None:
        return None if value is None else frozenset(int(one) for one in value.split(",") if one)


def id_set_text(ids: Iterable[int]) -> str:
    """Return a set of ids as it is stored."""
    return ",".join(str(one) for one in sorted(ids))


#: Tables without a model, named with those that SQLite keeps beside them.
UNMODELLED = ("article_search",)

#: Row numbers: 64 bits on PostgreSQL, the rowid on SQLite.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Text compared byte by byte, so that a prefix search is a range on the index.
Bytewise = sa.String(320).with_variant(sa.String(320, collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Base of every model.

    The types stand in a registry of our own: Flask-SQLAlchemy copies this class, and SQLAlchemy
    refuses a copied `type_annotation_map`.
    """

    registry = registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime(),
            frozenset[int]: IdSet(),
            Enum: sa.Enum(
                Enum,
                native_enum=False,
                length=32,
                values_callable=lambda states: [state.value for state in states],
            ),
        },
    )


def engine_options(url: str, *, busy_seconds: float) -> dict[str, Any]:
    """Return the engine options for `url`."""
    quiet = {"hide_parameters": True}  # an error's words reach the log; addresses must not
    if url.startswith("sqlite"):
        return {**quiet, "connect_args": {"timeout": busy_seconds, "check_same_thread": False}}
    return {**quiet, "pool_size": 8, "max_overflow": 8, "pool_timeout": 5}


def prepare_engine(engine: sa.Engine) -> None:
    """Make transactions read-only unless a unit of work opened them, on both databases.

    A page that only shows something therefore cannot write, whatever its code does. On SQLite
    a writer begins IMMEDIATE: a transaction that reads first and writes later would otherwise
    fail with "database is locked" whenever another one wrote in between.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite_connection)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
        stale_connections.replace_in(engine.pool, answers=partial(_answers, engine.dialect))


def _prepare_sqlite_connection(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    # What is deleted is overwritten in the file: an erased reader must not be read out of it.
    wanted = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    for pragma in wanted:
        connection.execute(f"PRAGMA {pragma}")


def empty_write_ahead_log(engine: sa.Engine) -> None:
    """Have SQLite bring its log into the database file, and cut the log; no matter elsewhere.

    The log holds pages as they were before something was deleted from them. Where others read or
    write at the moment it is left as it is: nobody waits, and the next time will do.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        connection.detach()  # closed afterwards, and its impatience with it
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute("PRAGMA busy_timeout=0")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = bool(connection.get_execution_options().get(WRITER))
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    """Let the driver say READ ONLY in its BEGIN; a writer's says nothing, as the server is set."""
    driver: Any = connection.connection.driver_connection
    read_only = None if connection.get_execution_options().get(WRITER) else True
    if driver.read_only is not read_only:
        driver.read_only = read_only


def _answers(dialect: sa.Dialect, connection: Any) -> bool:
    try:
        return bool(dialect.do_ping(connection))
    except dialect.loaded_dbapi.Error:
        return False


def insert_missing(
    session: Session, table: type[DeclarativeBase], values: dict[str, Any], *, unique: list[str]
) -> bool:
    """Insert a row unless one with the same `unique` columns exists; say whether it was inserted.

    Column defaults of the model apply. The one statement is what makes two simultaneous
    requests end with one row.
    """
    statement = _insert_if_missing(session, table, unique)
    counted = statement.values(**values).execution_options(preserve_rowcount=True)
    result: Any = session.execute(counted)
    return bool(result.rowcount)


def inserted_if_missing(
    session: Session, table: type[Model], values: dict[str, Any], *, unique: list[str]
) -> Model | None:
    """Insert a row as `insert_missing` does and return it; None if one was there."""
    statement = _insert_if_missing(session, table, unique).values(**values).returning(table)
    return session.scalars(statement).one_or_none()


def insert_missing_rows(
    session: Session,
    table: type[DeclarativeBase],
    rows: list[dict[str, Any]],
    *,
    unique: list[str],
) -> None:
    """Insert rows as `insert_missing` does, many at once; their values are plain ones."""
    if rows:
        session.execute(_insert_if_missing(session, table, unique), rows)


def _insert_if_missing(session: Session, table: type[DeclarativeBase], unique: list[str]) -> Any:
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=unique)


def pairs_table(session: Session, pairs: Iterable[tuple[int, str]]) -> sa.Subquery:
    """Return pairs as a table with the columns `id` and `text`, bound as two values in all.

    A statement so keeps its shape, and its place in the caches, however many pairs there are.
    """
    rows = list(pairs)
    if session.get_bind().dialect.name == "postgresql":
        ids, texts = [one for one, _ in rows], [text for _, text in rows]
        table = (
            sa.func.unnest(
                sa.cast(
                    sa.literal(ids, postgresql.ARRAY(sa.BigInteger)),
                    postgresql.ARRAY(sa.BigInteger),
                ),
                sa.cast(sa.literal(texts, postgresql.ARRAY(sa.Text)), postgresql.ARRAY(sa.Text)),
            )
            .table_valued(sa.column("id", sa.BigInteger), sa.column("text", sa.Text))
            .render_derived()
        )
        return sa.select(table.c.id, table.c.text).subquery()
    table = sa.func.json_each(json.dumps(rows)).table_valued(sa.column("value", sa.Text))
    return sa.select(
        sa.func.json_extract(table.c.value, "$[0]").label("id"),
        sa.func.json_extract(table.c.value, "$[1]").label("text"),
    ).subquery()


def has_model(name: str | None, kind: str, _parents: Any) -> bool:
    """Say whether Alembic should compare what it found in the database with the models."""
    return kind != "table" or not (name or "").startswith(UNMODELLED)
