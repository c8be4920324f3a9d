"""Upcoming: what the next digest of a cadence would carry if it went now."""

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.articles.models import Article
from newsletter.digests.add import previous_position
from newsletter.digests.audience import DueReaders
from newsletter.digests.compose import candidates_between, new_ones
from newsletter.digests.own_hours import of_slot
from newsletter.digests.publish import articles_by_id
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import CLOCK_CADENCES, next_slot


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next digest of a cadence."""

    cadence: Cadence
    slot: datetime | None  # None: as soon as an article appears
    articles: tuple[Article, ...]  # for a reader of every topic, newest first
    readers: int  # who are behind the newest article, at the publication's hour
    own_hours: int = 0  # as many more, at hours of their own

    @property
    def everybody(self) -> int:
        """Who would be considered for a digest made by hand now."""
        return self.readers + self.own_hours


def upcoming(*, publication: Publication, cadence: Cadence, now: datetime) -> Upcoming:
    """Return what waits for the readers of a cadence, and when it goes."""
    upto = publication.last_position
    after = previous_position(publication, cadence, before=now)
    due = DueReaders(publication_id=publication.id, cadence=cadence, upto=upto, now=now)
    lowest = due.lowest_cursor()
    carried = candidates_between(
        publication.id, after=after if lowest is None else min(lowest, after), upto=upto
    )
    waiting = new_ones(carried, after=after)
    slot = next_slot(publication, cadence, after=now) if cadence in CLOCK_CADENCES else None
    everybody = due.count()
    readers = replace(due, whose=of_slot(slot)).count() if slot else everybody
    return Upcoming(
        cadence=cadence,
        slot=slot,
        articles=tuple(articles_by_id([one.id for one in waiting]).values()),
        readers=readers,
        own_hours=everybody - readers,
    )
