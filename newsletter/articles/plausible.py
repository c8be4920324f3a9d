"""How many new articles at once a feed makes plausible, from what it has brought so far."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.models import Alarm, AlarmKind, Article, ArticleState, Feed
from newsletter.extensions import db

#: The history that counts: a site's habits of a year ago are not those of today.
WINDOW = timedelta(days=30)
DAY = timedelta(days=1)

#: So many times what the time since the last new article would bring by habit.
FACTOR = 4
#: Fewer than this are never too many: a long weekend's work, an election night.
FLOOR = 15
#: The same for a feed that we hardly know.
FLOOR_OF_THE_YOUNG = 50
YOUNG = 6  # articles that we have of it


@dataclass(frozen=True, slots=True)
class History:
    """What a feed brought within the window: so many articles in so many days."""

    articles: int
    days: float
    #: All that we have of the feed, of whatever date.
    known: int
    #: Since the last new article; since the connection, where none came.
    silent_for: timedelta
    #: Found during the last day, and not held by an alarm at first.
    today: int
    #: Staff released an alarm of this feed within the last day: it is a busy one.
    vouched: bool = False

    @property
    def at_once(self) -> int:
        """The most new articles that one poll may bring."""
        floor = FLOOR_OF_THE_YOUNG if self.known < YOUNG else FLOOR
        waited = min(max(self.silent_for, DAY), WINDOW) / DAY
        return max(floor, math.ceil(FACTOR * self.articles / self.days * waited))

    @property
    def in_a_day(self) -> int:
        """The most within a day: a flood may come in small waves."""
        return 2 * self.at_once

    def allows(self, new: int) -> bool:
        """Whether so many new articles in this poll are no surprise."""
        if new > self.at_once:
            return False
        return self.vouched or self.today + new <= self.in_a_day


def history_of(feed: Feed, *, now: datetime) -> History:
    """Return what the feed brought by the dates of its articles, unbelieved ones left out."""
    believed = sa.and_(
        Article.feed_id == feed.id,
        sa.or_(
            Article.alarm_id.is_(None),
            Article.state.not_in((ArticleState.HELD, ArticleState.DROPPED)),
        ),
    )
    # A flood's first wave must not make its second one likelier.
    of_today = sa.and_(
        Article.found_at > now - DAY,
        Article.state != ArticleState.KNOWN,
        Article.alarm_id.is_(None),
    )
    earlier = sa.and_(~of_today, Article.published_at > now - WINDOW, Article.published_at <= now)
    vouched = sa.and_(Article.alarm_id.in_(_of_many()), Article.released_at > now - DAY)
    articles, known, today, releases, oldest = db.session.execute(
        sa.select(
            sa.func.count().filter(earlier),
            sa.func.count().filter(~of_today),
            sa.func.count().filter(of_today),
            sa.func.count().filter(vouched),
            sa.func.min(Article.published_at),
        ).where(believed)
    ).one()
    oldest = min(max(oldest or now, now - WINDOW), now - DAY)
    since = feed.last_new_article_at or feed.connected_at or now
    return History(
        articles=articles,
        days=(now - oldest) / DAY,
        known=known,
        silent_for=now - since,
        today=today,
        vouched=releases > 0,
    )


def _of_many() -> sa.Select[int]:
    """Select the alarms whose release says something about a feed, and not about one article."""
    return sa.select(Alarm.id).where(Alarm.kind != AlarmKind.PAGE)
