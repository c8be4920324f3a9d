"""Migrations stand in one line and end where the models are."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from newsletter import PROJECT_DIR
from newsletter.extensions import db

# Imported for their tables, which only the pages need.
from newsletter.staff import models as _staff  # noqa: F401
from tests.deliveries.conftest import Publish
from tests.deliveries.conftest import publish as publish
from tests.factories import Make


def script() -> ScriptDirectory:
    """Return the migrations."""
    return ScriptDirectory(str(PROJECT_DIR / "migrations"))


def test_each_migration_follows_one_other_and_one_is_last() -> None:
    revisions = list(script().walk_revisions())
    assert len(script().get_heads()) == 1
    assert sum(revision.down_revision is None for revision in revisions) == 1
    assert not any(revision.is_branch_point or revision.is_merge_point for revision in revisions)


def test_the_migrated_database_equals_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "render_as_batch": True}
        )
        assert compare_metadata(context, db.metadata) == []


def _columns() -> dict[str, list[str]]:
    """Return the names of the columns of every table but Alembic's own."""
    tables = sa.MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
    return {
        table.name: sorted(column.name for column in table.c)
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


def _rows(columns: dict[str, list[str]]) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of these tables, with these of its columns."""
    tables = sa.MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
        found = {}
        for name, wanted in columns.items():
            rows = connection.execute(sa.select(*(tables.tables[name].c[one] for one in wanted)))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def test_an_upgrade_from_the_first_migration_keeps_every_row(
    app: Flask, make: Make, publish: Publish
) -> None:
    home = make.publication()
    make.feed(publication=home)
    make.article(publication=home)
    for _ in range(3):
        make.letter(subscription=make.subscription(publication=home))
    publish(home)
    db.session.remove()
    downgrade(revision="0001")
    columns = _columns()
    before = _rows(columns)
    upgrade()
    assert len(before["deliveries"]) == 3
    assert _rows(columns) == before
