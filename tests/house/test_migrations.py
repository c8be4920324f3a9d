"""Migrations stand in one line and end where the models are."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from newsletter import PROJECT_DIR
from newsletter.database import has_model
from newsletter.extensions import db

# Imported for their tables, which only the pages need.
from newsletter.staff import models as _staff  # noqa: F401


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
            connection,
            opts={"compare_type": True, "render_as_batch": True, "include_name": has_model},
        )
        assert compare_metadata(context, db.metadata) == []


def test_foreign_keys_count_again_after_an_upgrade_that_finds_nothing_to_do(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps them in force")
    db.engine.dispose()  # so that its connection is the one that is used next
    upgrade()
    assert db.session.scalar(sa.text("PRAGMA foreign_keys")) == 1
