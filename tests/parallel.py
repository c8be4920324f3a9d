"""What each of several test processes (pytest-xdist) has for itself on the servers given."""

import os

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError


def own_database(url: str) -> str:
    """Return the database of this process, made where it is missing; alone, the one given."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    given = sa.make_url(url)
    if worker is None or given.get_backend_name() == "sqlite":
        return url
    own = given.set(database=f"{given.database}_{worker}")
    engine = sa.create_engine(given, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{own.database}"'))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", "") != "42P04":  # it is there
            raise
    finally:
        engine.dispose()
    return own.render_as_string(hide_password=False)


def own_queue(url: str) -> str:
    """Return the numbered database of this process on a Redis server; alone, the one given."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return url
    server, _, number = url.rpartition("/")
    return f"{server}/{int(number) + int(worker.removeprefix('gw')) + 1}"
