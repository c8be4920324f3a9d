"""How long notices are kept: long enough to know a repeated one."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.feedback.models import Notice
from newsletter.suppressions.soft_points import forget_old_points

#: Longer than any provider tries, and than a signature stays fresh.
KEPT = timedelta(days=30)


def forget_old_notices(*, now: datetime) -> None:
    """Delete what was handled long ago. What it changed stays known as feedback."""
    db.session.execute(sa.delete(Notice).where(Notice.handled_at < now - KEPT))
    forget_old_points(now=now)
