"""Upkeep: the day's counts kept, and what is kept no longer than needed let go."""

from newsletter.clock import utc_now
from newsletter.digests.clicks import add_clicks, forget_clicks, take_clicks
from newsletter.jobs import Job
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


@app.task(name=Job.COUNT_CLICKS)
def count() -> None:
    """Add the clicks of a minute ago to their links."""
    taken = take_clicks(now=utc_now())
    if taken is None:
        return
    with unit_of_work():
        add_clicks(taken)
    forget_clicks(taken)
