"""The circuit breaker: new articles that a feed does not make plausible wait for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.models import AlarmKind, Article, Feed
from newsletter.articles.plausible import WINDOW, History, history_of
from newsletter.articles.shapes import ParsedArticle

#: A date that moved by less was mended.
JUMP = timedelta(days=1)
#: Fewer changes are somebody's work on a few articles.
FEWEST_CHANGES = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the new articles of a poll are not believed."""

    kind: AlarmKind
    reason: str


def doubt(
    *,
    feed: Feed,
    known: Sequence[tuple[Article, ParsedArticle]],
    renamed: int,
    new: int,
    now: datetime,
) -> Doubt | None:
    """Return why a poll that brought `new` articles is not believed, or None.

    Args:
        known: articles of the same document that we have, as the feed tells them now.
        renamed: how many of them have another GUID than before.
    """
    if not new:
        return None
    return (
        _jump(known)
        or _other_guids(renamed, of=len(known))
        or _burst(history_of(feed, now=now), new)
    )


def _burst(history: History, new: int) -> Doubt | None:
    if history.allows(new):
        return None
    many = f"{new} new articles at once" if new > 1 else "One more new article"
    if new <= history.at_once:
        many += f", {history.today + new} within a day"
    usual = {0: "nothing", 1: "one article"}.get(history.articles, f"{history.articles} articles")
    days = round(min(history.days, WINDOW.days))
    span = f"{days} days" if days > 1 else "a day"
    most = history.at_once if new > history.at_once else history.in_a_day
    return Doubt(
        AlarmKind.BURST,
        f"{many}. Before, the feed brought {usual} in {span}; up to {most} would be no surprise.",
    )


def _jump(known: Sequence[tuple[Article, ParsedArticle]]) -> Doubt | None:
    told = [
        entry.published_at - article.source_date
        for article, entry in known
        if entry.published_at and article.source_date
    ]
    moved = [change for change in told if abs(change) > JUMP]
    if len(moved) < max(FEWEST_CHANGES, len(told) / 2):
        return None
    later = sum(change > timedelta() for change in moved)
    way = "later" if later == len(moved) else "earlier" if not later else "other"
    return Doubt(
        AlarmKind.DATES,
        f"The feed suddenly gives {len(moved)} of {len(told)} known articles {way} dates, so the "
        "dates of the new ones may be wrong, or old ones may pass for new.",
    )


def _other_guids(renamed: int, *, of: int) -> Doubt | None:
    if renamed < max(FEWEST_CHANGES, of / 2):
        return None
    return Doubt(
        AlarmKind.GUIDS,
        f"The feed suddenly gives {renamed} of {of} known articles another GUID. They were known "
        "by link or title; an old one whose link and title changed too would pass for new.",
    )
