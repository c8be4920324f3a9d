"""Look at feeds once more, and whole, shortly before a digest of theirs closes."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.feed_control import ask_for_whole_poll
from newsletter.articles.models import Feed
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.schedule import CLOCK_CADENCES, next_slot

#: Time enough for a slow server, its pictures, and a worker that is busy.
LEAD = timedelta(minutes=5)


def look_before_digests(*, now: datetime) -> int:
    """Ask for a poll of each feed whose publication has a slot soon, once for each slot.

    A server that asked to be left alone is. Returns how many polls were asked for.
    """
    asked = 0
    for publication in db.session.scalars(sa.select(Publication)).all():
        slot = min(next_slot(publication, cadence, after=now) for cadence in CLOCK_CADENCES)
        if slot - now <= LEAD:
            asked += _look(publication, slot=slot, now=now)
    return asked


def _look(publication: Publication, *, slot: datetime, now: datetime) -> int:
    feeds = db.session.scalars(
        sa.select(Feed).where(
            Feed.publication_id == publication.id,
            Feed.disabled.is_(False),
            sa.or_(Feed.read_whole_for.is_(None), Feed.read_whole_for < slot),
            sa.or_(Feed.wait_until.is_(None), Feed.wait_until <= now),
        )
    ).all()
    for feed in feeds:
        ask_for_whole_poll(feed=feed, slot=slot, now=now)
    return len(feeds)
