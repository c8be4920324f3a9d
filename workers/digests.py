"""Tasks for digests: start what is due, publish what was started."""

import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.sweep import sweep_digests
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from workers.app import app


@app.task(name=Job.START_DUE_DIGESTS)
def start_due_digests() -> None:
    """Schedule what is due, one publication at a time."""
    for publication_id in list(db.session.scalars(sa.select(Publication.id))):
        with unit_of_work():
            start_due(publication_id=publication_id, now=utc_now())


@app.task(name=Job.PUBLISH_DIGEST, soft_time_limit=1700, time_limit=1800)
def publish(digest_id: int) -> None:
    """Freeze a digest and give every due reader her delivery."""
    publish_digest(digest_id=digest_id, now=utc_now())


@app.task(name=Job.SWEEP_DIGESTS)
def sweep() -> None:
    """Go on with digests whose publishing stopped half-way."""
    with unit_of_work():
        sweep_digests(now=utc_now())
