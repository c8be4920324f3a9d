"""Stops: relays that refused us, kept in the database so that an emptied Redis frees none."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.database import WRITER, insert_missing
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.models import RelayStop


class RelayNotStopped(PermanentError):
    """There is nothing to release."""


def record_stop(engine: sa.Engine, *, relay: str, answer: str, now: datetime) -> None:
    """Stop a relay, in a transaction of its own: it happens in the middle of sending.

    The first of several workers that stop it gives the reason.
    """
    with Session(engine) as session:
        session.connection(execution_options={WRITER: True})
        values = {"relay": relay, "answer": answer, "stopped_at": now}
        insert_missing(session, RelayStop, values, unique=["relay"])
        session.commit()


def stop_answer(engine: sa.Engine, *, relay: str) -> str:
    """Return the words for which a relay was stopped; nothing if it is not."""
    statement = sa.select(RelayStop.answer).where(RelayStop.relay == relay)
    with Session(engine) as session:
        found = session.scalars(statement).one_or_none()
    return "" if found is None else found or "no words"


def all_stops() -> Sequence[RelayStop]:
    """Return every stop, the oldest first."""
    return db.session.scalars(sa.select(RelayStop).order_by(RelayStop.id)).all()


def release_stop(*, relay: str) -> None:
    """Release a stopped relay; call `relay_health.reopen` once that is committed.

    Raises:
        RelayNotStopped: nobody stopped it, or somebody else released it.
    """
    gone = db.session.execute(sa.delete(RelayStop).where(RelayStop.relay == relay))
    if gone.rowcount == 0:  # type: ignore[attr-defined]
        raise RelayNotStopped(f"The relay {relay} is not stopped.")
