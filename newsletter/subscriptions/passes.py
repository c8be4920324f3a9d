"""Passes: a solved check lets one signup through, and that one only."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.subscriptions.gate_models import UsedPass
from newsletter.subscriptions.gate_tokens import Pass, RefusedPass


def use_pass(given: Pass) -> None:
    """Use up a pass, in the transaction of the signup that it lets through.

    A row rather than a key in Redis: it is there when Redis is away or was emptied, and a signup
    that fails leaves the pass unused.

    Raises:
        RefusedPass: it was used before, be it at this very moment.
    """
    values = {"key": given.key, "until": given.until}
    if not insert_missing(db.session(), UsedPass, values, unique=["key"]):
        raise RefusedPass(_("This check was used already."))


def forget_used_passes(*, now: datetime) -> int:
    """Delete what has expired by itself; return how many there were."""
    old = sa.delete(UsedPass).where(UsedPass.until < now)
    result = db.session.execute(old.execution_options(synchronize_session=False))
    return result.rowcount  # type: ignore[attr-defined, no-any-return]
