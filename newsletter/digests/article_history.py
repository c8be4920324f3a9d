"""Tell staff what became of an article: found, in which digests, waiting for which, and why."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.articles.manuscripts import manuscript_of
from newsletter.articles.models import AlarmKind, Article, ArticleState
from newsletter.digests.audience import DueReaders
from newsletter.digests.models import (
    ArticleChoice,
    Digest,
    DigestArticle,
    DigestKind,
    DigestState,
)
from newsletter.digests.revisions import edit_of
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.publications.schedule import CLOCK_CADENCES, next_slot

# Columns by name: the staff models bring the sign-in library, which no worker uses.
_staff = sa.table("staff", *(sa.column(name) for name in ("id", "name", "email")))


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One sentence of an article's story; `at` is None for what holds now."""

    at: datetime | None
    sentence: str


_OUTCOMES = {
    DigestState.DRAFT: "is a draft",
    DigestState.SCHEDULED: "is about to go out",
    DigestState.SENDING: "is going out",
    DigestState.SENT: "has gone out",
    DigestState.CANCELLED: "was cancelled",
}


def article_history(*, article: Article, now: datetime) -> list[HistoryLine]:
    """Return the article's story: what happened, oldest first, then what it waits for."""
    past = [HistoryLine(article.found_at, _found(article)), *_by_itself(article)]
    past += [*_digests(article), *_left_out(article), *_at_own_hours(article)]
    if _changed_at_source(article):
        past.append(HistoryLine(article.modified_at, "Changed at its source."))
    past.sort(key=lambda line: line.at or now)
    return [*past, *_standing(article), *_waiting(article, now)]


def _changed_at_source(article: Article) -> bool:
    """Whether its feed changed it since; of what staff edit, their own record tells."""
    later = article.modified_at is not None and article.modified_at > article.found_at
    return later and manuscript_of(article) is None


def _found(article: Article) -> str:
    place = f"; it has position {article.position}" if article.position is not None else ""
    if manuscript_of(article) is not None:
        return f"Written by {article.author or 'staff'}, here and not in a feed{place}."
    where = f"in the feed {article.feed.title or article.feed.url}" if article.feed else ""
    return f"Found {where}".rstrip() + place + "."


def _by_itself(article: Article) -> list[HistoryLine]:
    """Tell what was done without staff: held by an alarm or for its date, and released."""
    alarm, found, until = article.alarm, article.found_at, article.held_until
    for_its_page = alarm is not None and alarm.kind is AlarmKind.PAGE
    lines = []
    if alarm is not None:
        at = alarm.raised_at if for_its_page else found
        lines.append(HistoryLine(at, f"Held by itself: {alarm.reason}"))
    if until is not None and not for_its_page:
        lines.append(HistoryLine(found, "Held until its date."))
    if until is not None and article.released_at is not None and article.released_at >= until:
        why = ": its page is there" if for_its_page else " at its date"
        lines.append(HistoryLine(article.released_at, f"Released by itself{why}."))
    return lines


def _standing(article: Article) -> list[HistoryLine]:
    lines = [HistoryLine(None, _state(article))]
    if edit_of(article) is not None:
        lines.append(HistoryLine(None, "Edited since it was sent."))
    return lines


def _state(article: Article) -> str:
    """Say how it stands; an alarm's reason was told when it was raised."""
    told = article.alarm is not None and article.reason == article.alarm.reason
    why = f": {article.reason}" if article.reason and not told else ""
    return {
        ArticleState.KNOWN: "It was there when the feed was connected, so no digest carries it",
        ArticleState.OPEN: "Digests may carry it",
        ArticleState.HELD: f"Held{why}" if why else f"Held until {_until(article)}",
        ArticleState.DROPPED: f"Dropped{why}",
    }[article.state].rstrip(".") + "."


def _until(article: Article) -> str:
    waits_for_page = article.alarm is not None and article.alarm.kind is AlarmKind.PAGE
    page = "its page is there, or " if waits_for_page else ""
    return f"{page}staff release or drop it"


def _digests(article: Article) -> list[HistoryLine]:
    digests = db.session.scalars(
        sa.select(Digest)
        .join(DigestArticle, DigestArticle.digest_id == Digest.id)
        .where(DigestArticle.article_id == article.id, Digest.at_own_hours.is_(False))
        .order_by(Digest.slot)
    )
    return [
        HistoryLine(
            digest.published_at or digest.created_at,
            f"In {_name(digest)}, which {_OUTCOMES[digest.state]}.",
        )
        for digest in digests
    ]


def _left_out(article: Article) -> list[HistoryLine]:
    """Tell which digests considered it for their readers without carrying it, and by whom."""
    rows = db.session.execute(
        sa.select(Digest, _staff.c.name, _staff.c.email)
        .join(ArticleChoice, ArticleChoice.digest_id == Digest.id)
        .outerjoin(_staff, _staff.c.id == ArticleChoice.staff_id)
        .where(ArticleChoice.article_id == article.id, ArticleChoice.left_out)
        .where(Digest.at_own_hours.is_(False), Digest.state != DigestState.CANCELLED)
        .order_by(Digest.slot)
    )
    return [
        HistoryLine(
            digest.published_at or digest.created_at,
            f"Left out of {_name(digest)}, which {_OUTCOMES[digest.state]}, "
            f"by {name or email or 'somebody who is gone'}.",
        )
        for digest, name, email in rows
    ]


def _name(digest: Digest) -> str:
    if digest.kind is DigestKind.CORRECTION:
        return "a correction"
    day = digest.slot.astimezone(ZoneInfo(digest.publication.time_zone))
    return f"the {digest.cadence.value} digest of {day.day} {day:%B %Y}"


def _at_own_hours(article: Article) -> list[HistoryLine]:
    """Return one line for the digests at readers' own hours: there may be dozens in a day."""
    published = sa.select(sa.func.count(), sa.func.min(Digest.published_at))
    count, first = db.session.execute(
        published.join(DigestArticle, DigestArticle.digest_id == Digest.id)
        .where(DigestArticle.article_id == article.id, Digest.at_own_hours.is_(True))
        .where(Digest.published_at.is_not(None))
    ).one()
    digests = "1 digest" if count == 1 else f"{count} digests"
    return [HistoryLine(first, f"Since then in {digests} at readers' own hours.")] if count else []


def _waiting(article: Article, now: datetime) -> list[HistoryLine]:
    if article.state is not ArticleState.OPEN or article.position is None:
        return []
    lines = []
    for cadence in Cadence:
        readers = DueReaders(
            publication_id=article.publication_id, cadence=cadence, upto=article.position, now=now
        ).count()
        if readers:
            slot = (
                next_slot(article.publication, cadence, after=now)
                if cadence in CLOCK_CADENCES
                else None
            )
            people = "1 reader" if readers == 1 else f"{readers} readers"
            lines.append(HistoryLine(slot, f"Waits for the {cadence.value} digest of {people}."))
    return lines
