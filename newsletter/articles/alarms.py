"""Alarms: raised by a poll, open while their articles wait, settled by staff with one click."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.articles.admission import SLACK, future_reason
from newsletter.articles.ledger import WrongState, drop, lock_ledger, release
from newsletter.articles.models import Alarm, AlarmKind, Article, ArticleState, Feed
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import DatePolicy

log = structlog.get_logger()

#: The articles of an alarm that wait: one that staff released and held again is their affair.
WAITS = sa.and_(Article.state == ArticleState.HELD, Article.released_at.is_(None))


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm and how many articles wait for it; the title, if it is a single one."""

    alarm: Alarm
    waiting: int
    title: str = ""


def raise_alarm(*, feed: Feed, kind: AlarmKind, reason: str, now: datetime) -> Alarm:
    """Return the feed's open alarm of this kind, or a new one; a flood in waves is one event."""
    waits = sa.exists().where(Article.alarm_id == Alarm.id, WAITS)
    alarm = db.session.scalar(
        sa.select(Alarm)
        .where(Alarm.feed_id == feed.id, Alarm.kind == kind, waits)
        .order_by(Alarm.id.desc())
        .limit(1)
    )
    if alarm is None:
        alarm = Alarm(
            publication_id=feed.publication_id,
            feed_id=feed.id,
            kind=kind,
            reason=reason,
            raised_at=now,
            tell_at=now,
        )
        db.session.add(alarm)
        db.session.flush()
        enqueue(Job.TELL_OF_ALARM, alarm_id=alarm.id)
        log.warning("alarm_raised", alarm_id=alarm.id, feed_id=feed.id, kind=kind.value)
    return alarm


def open_alarms(publication_id: int) -> list[OpenAlarm]:
    """Return the alarms whose articles wait, the oldest first."""
    return _open(Alarm.publication_id == publication_id)


def open_alarm(alarm: Alarm) -> OpenAlarm | None:
    """Return an alarm with the number of its articles that wait, if any does."""
    return next(iter(_open(Alarm.id == alarm.id)), None)


def _open(which: sa.ColumnElement[bool]) -> list[OpenAlarm]:
    rows = db.session.execute(
        sa.select(Alarm, sa.func.count(Article.id), sa.func.min(Article.title))
        .join(Article, Article.alarm_id == Alarm.id)
        .where(which, WAITS)
        .group_by(Alarm.id)
        .order_by(Alarm.id)
    )
    return [
        OpenAlarm(alarm, waiting, title if waiting == 1 else "") for alarm, waiting, title in rows
    ]


def told_reason(told: OpenAlarm) -> str:
    """Say why articles are held, in words for staff; a single one by its title."""
    reason = told.alarm.reason
    return f"“{told.title}”: {reason}" if told.title and told.title not in reason else reason


def release_alarm(*, alarm: Alarm, now: datetime) -> int:
    """Believe it: release all that wait, the oldest first; return how many.

    Those dated in the future wait for their date, if that is the publication's rule.

    Raises:
        WrongState: nothing waits any more.
    """
    return _settle(alarm, lambda article: _let_go(article, now))


def drop_alarm(*, alarm: Alarm, now: datetime) -> int:
    """Drop all that wait, for good; return how many.

    Raises:
        WrongState: nothing waits any more.
    """
    return _settle(alarm, lambda article: drop(article, article.reason, now))


def _settle(alarm: Alarm, act: Callable[[Article], None]) -> int:
    lock_ledger(alarm.publication_id)
    waiting = _waiting(alarm)
    if not waiting:
        raise WrongState("None of these articles waits any more: somebody was faster.")
    for article in waiting:
        act(article)
    enqueue(Job.START_DUE_DIGESTS)
    return len(waiting)


def _waiting(alarm: Alarm) -> Sequence[Article]:
    return db.session.scalars(
        sa.select(Article)
        .where(Article.alarm_id == alarm.id, WAITS)
        .order_by(Article.published_at, Article.id)
    ).all()


def _let_go(article: Article, now: datetime) -> None:
    ahead = article.published_at > now + SLACK
    if not (ahead and article.publication.future_articles is DatePolicy.HOLD):
        release(article, now)
        return
    article.reason = future_reason(article.published_at)
    article.held_until = article.published_at
    article.released_at = now
