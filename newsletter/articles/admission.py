"""Admission: what a publication's rules say about a new article with an odd date."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.models import AlarmKind, ArticleState
from newsletter.articles.shapes import ParsedArticle
from newsletter.publications.models import DatePolicy, Publication

#: Clocks differ, and some sites publish a few minutes ahead.
SLACK = timedelta(minutes=10)
#: So long before the last digest an article is not late any more but from another time.
FAR_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a new article enters the ledger; `alarm` is the kind of event that holds it."""

    state: ArticleState
    reason: str = ""
    alarm: AlarmKind | None = None
    held_until: datetime | None = None


_OPEN = Verdict(ArticleState.OPEN)


def admit(
    *,
    publication: Publication,
    entry: ParsedArticle,
    last_digest_at: datetime | None,
    now: datetime,
) -> Verdict:
    """Return how an article enters.

    Args:
        last_digest_at: when the last digest by the clock went out; before the first one there
            is none that an article could have missed.
    """
    date = entry.published_at
    if date is None:
        return _OPEN
    if date > now + SLACK:
        return _future(publication.future_articles, date)
    if last_digest_at is None or date >= last_digest_at:
        return _OPEN
    if date < last_digest_at - FAR_BACK:
        return _past(
            publication.back_dated_articles,
            AlarmKind.BACK_DATED,
            f"Dated {_day(date)}, long before the last digest.",
        )
    return _past(
        publication.late_articles,
        AlarmKind.LATE,
        f"Dated {_day(date)}, before the last digest went out.",
    )


def future_reason(date: datetime) -> str:
    """Say why a future-dated article is held."""
    return f"Dated in the future. It is released by itself on {_day(date)}."


def _future(policy: DatePolicy, date: datetime) -> Verdict:
    if policy is DatePolicy.HOLD:
        return Verdict(ArticleState.HELD, future_reason(date), held_until=date)
    return _ignored(policy, f"Dated in the future ({_day(date)}).")


def _past(policy: DatePolicy, kind: AlarmKind, why: str) -> Verdict:
    if policy is DatePolicy.HOLD:
        return Verdict(ArticleState.HELD, why, alarm=kind)
    return _ignored(policy, why)


def _ignored(policy: DatePolicy, why: str) -> Verdict:
    if policy is DatePolicy.IGNORE:
        return Verdict(ArticleState.DROPPED, f"{why} The publication's rule is to ignore such.")
    return _OPEN


def _day(date: datetime) -> str:
    return f"{date.day} {date:%B %Y, %H:%M} UTC"
