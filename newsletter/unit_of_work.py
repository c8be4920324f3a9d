"""One transaction that may write: commit, then queue what was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from newsletter import jobs
from newsletter.database import WRITER
from newsletter.extensions import db


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open a writing transaction; commit it at the end, then queue the requested jobs.

    Doors open it, rooms only flush. Everything outside of it is read-only in the database
    itself. SQLAlchemy's `after_commit` would not do for the jobs: it also fires when a
    savepoint is released.
    """
    session = db.session()
    begin_writing(session)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        jobs.forget_requested()
        raise
    jobs.publish_requested()


def begin_writing(session: Session) -> None:
    """End the reading transaction, if any, and begin one that may write."""
    if session.info.get("requested_jobs") or session.new or session.dirty or session.deleted:
        raise RuntimeError("a unit of work cannot begin inside another one")
    session.rollback()
    session.connection(execution_options={WRITER: True})
