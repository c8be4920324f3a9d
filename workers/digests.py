"""Tasks for digests: start what is due, publish what was started."""

import sqlalchemy as sa
import structlog

from newsletter.database_clock import database_now
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.sweep import sweep_digests
from newsletter.digests.drafts import draft_ahead
from newsletter.digests.publishing import take_publishing
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from workers.app import app
from workers.hold import is_held

log = structlog.get_logger()


@app.task(name=Job.START_DUE_DIGESTS)
def start_due_digests() -> None:
    """Schedule what is due and draft what comes next, one publication at a time.

    Trouble with one holds no other up.
    """
    if is_held():
        return
    for publication_id in list(db.session.scalars(sa.select(Publication.id))):
        try:
            with unit_of_work():
                start_due(publication_id=publication_id, now=database_now())
            with unit_of_work():
                draft_ahead(publication_id=publication_id, now=database_now())
        except Exception:
            log.exception("digests_not_started", publication_id=publication_id)


@app.task(name=Job.PUBLISH_DIGEST, soft_time_limit=1700, time_limit=1800)
def publish(digest_id: int) -> None:
    """Freeze a digest and give every due reader her delivery, unless somebody else does it."""
    if is_held():
        return
    now = database_now()
    with unit_of_work():
        taken = take_publishing(digest_id=digest_id)
    if taken:
        publish_digest(digest_id=digest_id, now=now)


@app.task(name=Job.SWEEP_DIGESTS)
def sweep() -> None:
    """Go on with digests whose publishing stopped half-way."""
    with unit_of_work():
        sweep_digests(now=database_now())
