"""Look at feeds once more, and whole, shortly before a digest of theirs closes."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.feed_control import ask_for_whole_poll
from newsletter.articles.models import Feed
from newsletter.articles.rhythm import poll_interval
from newsletter.digests.own_hours import own_slots_within
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.schedule import CLOCK_CADENCES, next_slot

#: Time enough for a slow server, its pictures, and a worker that is busy.
LEAD = timedelta(minutes=5)


def look_before_digests(*, now: datetime) -> int:
    """Ask for a poll of each feed whose publication has a slot soon, once for each slot.

    Slots are the publication's and those of readers' own hours. A server that asked to be left
    alone is. Returns how many polls were asked for.
    """
    asked = 0
    for publication in db.session.scalars(sa.select(Publication)).all():
        slot = min(next_slot(publication, cadence, after=now) for cadence in CLOCK_CADENCES)
        if slot - now <= LEAD:
            asked += _look(publication, slot=slot, now=now)
        for own in own_slots_within(publication, now=now, lead=LEAD):
            asked += _look(publication, slot=own, at_own_hours=True, now=now)
    return asked


def _look(
    publication: Publication, *, slot: datetime, at_own_hours: bool = False, now: datetime
) -> int:
    feeds = db.session.scalars(
        sa.select(Feed).where(
            Feed.publication_id == publication.id,
            Feed.disabled.is_(False),
            sa.or_(Feed.read_whole_for.is_(None), Feed.read_whole_for < slot),
            sa.or_(Feed.wait_until.is_(None), Feed.wait_until <= now),
        )
    ).all()
    due = [feed for feed in feeds if not (at_own_hours and _was_read_lately(feed, now=now))]
    for feed in due:
        ask_for_whole_poll(feed=feed, slot=slot, now=now)
    return len(due)


def _was_read_lately(feed: Feed, *, now: datetime) -> bool:
    """Whether the feed's own rhythm makes another look for a few readers a burden.

    Readers of all time zones are due at up to a hundred moments of a day.
    """
    if feed.last_success_at is None or feed.last_error:
        return False
    return now - feed.last_success_at < poll_interval(feed, cache_control="", now=now)
