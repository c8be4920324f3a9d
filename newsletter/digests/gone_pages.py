"""Single articles whose own page is gone: held alone, so that no other waits with them."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.alarms import WAITS
from newsletter.articles.ledger import hold, lock_ledger, release
from newsletter.articles.link_checks import answers_to, resolve_links
from newsletter.articles.models import Alarm, AlarmKind, Article, ArticleState
from newsletter.articles.resolve_link import LinkAnswer
from newsletter.digests.models import Digest, DigestKind
from newsletter.digests.preflight import Finding
from newsletter.digests.preflight_hold import LOOK_UNTIL, overruled_of
from newsletter.digests.render import address_of
from newsletter.digests.withhold import has_gone_out
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Cadence
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: How the key of a finding about such a page begins; the address follows.
GONE = "link-gone "

#: Staff are told after so long: some sites answer 404 while they publish.
TELL_AFTER = timedelta(minutes=10)

#: How long the pages are waited for that are asked for once more.
SECONDS = 20.0


def gone_articles(digest: Digest, errors: Iterable[Finding]) -> list[int]:
    """Return the ids of the articles to hold for these errors instead of the digest.

    Only single articles that go by themselves: an editor decides about a digest of hers, and one
    by the clock has its hour to be mended until.
    """
    goes_at_once = digest.kind is DigestKind.DIGEST and digest.cadence is Cadence.INSTANT
    if not goes_at_once or digest.by_hand:
        return []
    found = (one.article_id for one in errors if one.key.startswith(GONE))
    return sorted({one for one in found if one is not None})


def hold_gone(*, article_ids: Iterable[int], publication_id: int, now: datetime) -> list[int]:
    """Hold those of the articles that no reader has yet; return their ids.

    One that has gone out to others keeps its place in the ledger, so whoever waits for it would
    lose it once her cursor has passed: there the digest waits, as any other does. An earlier alarm
    of the article is forgotten: staff have settled it.
    """
    lock_ledger(publication_id)
    held = []
    for article_id in article_ids:
        # The row first, for a digest that is frozen with it this moment holds on to it.
        article = db.session.get_one(
            Article, article_id, with_for_update=True, populate_existing=True
        )
        if article.state is ArticleState.OPEN and not has_gone_out(article.id):
            _hold(article, now=now)
            held.append(article.id)
    return held


def _hold(article: Article, *, now: datetime) -> None:
    alarm = Alarm(
        publication_id=article.publication_id,
        feed_id=article.feed_id,
        kind=AlarmKind.PAGE,
        reason=f"The page of “{article.title}” is gone: its server says so (404 or 410). It is "
        "asked for again for a day; once it is there, the article is released by itself.",
        raised_at=now,
        tell_at=now + TELL_AFTER,
    )
    db.session.add(alarm)
    db.session.flush()
    hold(article, alarm.reason, now)
    article.alarm_id, article.released_at = alarm.id, None
    log.warning("article_held_for_its_page", article_id=article.id, alarm_id=alarm.id)


def look_for_gone_pages(*, clock: Callable[[], datetime]) -> int:
    """Ask for the pages again, and release the articles whose page is there; return how many.

    Opens units of work of its own, after the network.
    """
    waiting = _waiting(now=clock())
    resolve_links(waiting.values(), clock=clock, seconds=SECONDS)
    answers = answers_to(waiting.values(), now=clock())
    back = [one for one, page in waiting.items() if answers.get(page) is LinkAnswer.OK]
    return sum(release_found(article_id=one, now=clock()) for one in back)


def release_found(*, article_id: int, now: datetime) -> bool:
    """Release an article whose page is there, unless staff were faster; commits by itself."""
    with unit_of_work() as session:
        article = session.get_one(Article, article_id)
        lock_ledger(article.publication_id)
        session.refresh(article, with_for_update=True)
        if article.state is not ArticleState.HELD or article.released_at is not None:
            return False
        release(article, now)
        article.held_until = now  # its story tells that it came by itself
        enqueue(Job.START_DUE_DIGESTS)
    return True


def overruled_in(digest: Digest) -> frozenset[str]:
    """Return the keys of findings that staff overruled: of the digest, or of single articles.

    Who releases an article that is held for its page knows of it and wants it mailed.
    """
    released = db.session.scalars(
        sa.select(Article)
        .join(Alarm, Alarm.id == Article.alarm_id)
        .where(Article.publication_id == digest.publication_id, Alarm.kind == AlarmKind.PAGE)
        .where(Article.state == ArticleState.OPEN, Article.held_until.is_(None))
    )
    return overruled_of(digest.id) | {GONE + address_of(one) for one in released}


def _waiting(*, now: datetime) -> dict[int, str]:
    """Return the pages that are still looked for, by the ids of their articles."""
    rows = db.session.scalars(
        sa.select(Article)
        .join(Alarm, Alarm.id == Article.alarm_id)
        .where(Alarm.kind == AlarmKind.PAGE, WAITS, Alarm.raised_at > now - LOOK_UNTIL)
        .order_by(Alarm.raised_at)
    )
    return {article.id: address_of(article) for article in rows}
