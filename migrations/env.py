"""Alembic's entry: migrate with the application's own engine and models."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import context
from flask import current_app

from newsletter import import_models
from newsletter.database import WRITER, IdSet, UtcDateTime, has_model
from newsletter.extensions import db
from newsletter.staff import models as _staff  # noqa: F401

import_models()


def plain_type(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as SQLAlchemy's own: a migration must not change with the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, IdSet):
        return "sa.Text()"
    return False


@contextmanager
def spared_children(connection: sa.Connection) -> Iterator[None]:
    """Keep SQLite from deleting rows of other tables when a table is copied and dropped.

    It would, for each foreign key with ON DELETE CASCADE. The switch counts outside of a
    transaction only. Afterwards every key is checked.
    """
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        orphans = driver.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise RuntimeError(f"Rows of {orphans[0][0]} refer to rows that are gone.")
    finally:
        connection.rollback()  # where nothing was migrated, the reading of the version is open
        driver.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    """Apply the migrations in one writing transaction each."""
    with (
        db.engine.connect().execution_options(**{WRITER: True}) as connection,
        spared_children(connection),
    ):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=plain_type,
            include_name=has_model,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
