"""Upkeep: the day's counts kept, and what is kept no longer than needed let go."""

from collections.abc import Callable
from datetime import datetime

from newsletter.articles.link_checks import forget_old_links
from newsletter.clock import utc_now
from newsletter.database import empty_write_ahead_log
from newsletter.database_clock import database_now
from newsletter.deliveries.ask_silent import ask_some, end_some, publications_that_ask
from newsletter.deliveries.opens import add_opens, forget_opens, take_opens
from newsletter.digests.clicks import add_clicks, forget_clicks, take_clicks
from newsletter.extensions import db
from newsletter.feedback.retention import forget_old_notices
from newsletter.jobs import Job, enqueue
from newsletter.subscriptions.change_address import forget_changes
from newsletter.subscriptions.consent import forget_request_traces
from newsletter.subscriptions.growth import record_counts
from newsletter.subscriptions.passes import forget_used_passes
from newsletter.subscriptions.retention import delete_unconfirmed
from newsletter.subscriptions.shares import forget_old_shares
from newsletter.subscriptions.signs import forget_needless_signs
from newsletter.subscriptions.signup_breaker import is_to_be_told, look
from newsletter.subscriptions.tell_choices import forget_former_choices
from newsletter.unit_of_work import unit_of_work
from workers.app import app
from workers.hold import is_held


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
        forget_used_passes(now=now)
        forget_old_shares(now=now)
    with unit_of_work():
        forget_old_links(now=now)
    with unit_of_work():
        forget_old_notices(now=now)
    with unit_of_work():
        forget_changes(now=now)
        forget_former_choices(now=now)
    with unit_of_work():
        forget_needless_signs(now=now)
    empty_write_ahead_log(db.engine)


@app.task(name=Job.WATCH_SIGNUPS)
def watch_signups() -> None:
    """Trip the signup breaker or let it recover, and have staff told."""
    now = database_now()
    with unit_of_work():
        look(now=now)
        if is_to_be_told(now=now):
            enqueue(Job.TELL_OF_BREAKER)


@app.task(name=Job.COUNT_CLICKS)
def count() -> None:
    """Add the clicks of a minute ago to their links."""
    taken = take_clicks(now=utc_now())
    if taken is None:
        return
    with unit_of_work():
        add_clicks(taken)
    forget_clicks(taken)


@app.task(name=Job.COUNT_OPENS)
def count_opens() -> None:
    """Add the opens of a minute ago to their digests."""
    taken = take_opens(now=utc_now())
    if taken is None:
        return
    with unit_of_work():
        add_opens(taken)
    forget_opens(taken)


@app.task(name=Job.ASK_SILENT)
def ask_silent() -> None:
    """End what was not answered, then ask who is silent, slice by slice."""
    if is_held():
        return
    now = database_now()
    for publication_id in publications_that_ask(now=now):
        for act in (end_some, ask_some):
            while _slice(act, publication_id, now):
                pass


def _slice(act: Callable[..., int], publication_id: int, now: datetime) -> int:
    with unit_of_work():
        return act(publication_id=publication_id, now=now)
