"""Upkeep: the day's counts kept, and what is kept no longer than needed let go."""

from newsletter.clock import utc_now
from newsletter.jobs import Job
from newsletter.subscriptions.change_address import forget_changes
from newsletter.subscriptions.consent import forget_request_traces
from newsletter.subscriptions.growth import record_counts
from newsletter.subscriptions.retention import delete_unconfirmed
from newsletter.unit_of_work import unit_of_work
from workers.app import app


@app.task(name=Job.TIDY)
def tidy() -> None:
    """Keep the day's counts and delete what has no reason to be kept any more."""
    now = utc_now()
    with unit_of_work():
        record_counts(now=now)
    with unit_of_work():
        delete_unconfirmed(now=now)
    with unit_of_work():
        forget_request_traces(now=now)
    with unit_of_work():
        forget_changes(now=now)
