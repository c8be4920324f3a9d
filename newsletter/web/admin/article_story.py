"""An article's story for its page: what happened, what staff did, whom it reached and whom not."""

from collections.abc import Iterator
from datetime import datetime

from newsletter.articles.models import Article
from newsletter.deliveries.article_readers import ArticleReaders, article_readers
from newsletter.digests.article_history import HistoryLine, article_history
from newsletter.staff import audit
from newsletter.staff.models import AuditEvent
from newsletter.web.admin.digest_words import skip_words
from newsletter.web.admin.numbers import counted, number

_ACTS = {
    "article_held": "Held by {who}",
    "article_released": "Released by {who}",
    "article_dropped": "Dropped by {who}",
    "article_published": "Published by {who}",
    "article_edited": "Edited by {who}",
    "alarm_released": "Released by {who}{others}",
    "alarm_dropped": "Dropped by {who}{others}",
    "correction_drafted": "Correction written by {who}",
}
#: Acts after which an article is no longer its alarm's.
_OWN = ("article_released", "article_dropped")


def article_story(*, article: Article, now: datetime) -> list[HistoryLine]:
    """Return the story: the past, oldest first, then how it stands and what it waits for."""
    history = article_history(article=article, now=now)
    past = [line for line in history if line.at is not None and line.at <= now]
    past += [HistoryLine(event.at, _sentence(event)) for event in _acts(article)]
    past.sort(key=lambda line: line.at or now)
    readers = article_readers(article=article, now=now)
    standing = [line for line in history if line.at is None or line.at > now]
    return [*past, *(HistoryLine(None, words) for words in _reached(readers)), *standing]


def _acts(article: Article) -> Iterator[AuditEvent]:
    own = [event for event in audit.events_about("article", article.id) if event.action in _ACTS]
    yield from own
    left_at = min((event.at for event in own if event.action in _OWN), default=None)
    if article.alarm_id is not None:
        for event in audit.events_about("alarm", article.alarm_id):
            if event.action in _ACTS and (left_at is None or event.at < left_at):
                yield event


def _sentence(event: AuditEvent) -> str:
    who = event.staff.name if event.staff and event.staff.name else "staff"
    why = f": {event.detail.rstrip('.')}" if event.detail and event.object_kind == "article" else ""
    alone = event.detail == counted(1, "article")  # what an alarm's acts note
    others = "" if alone else ", with the others of the event"
    return f"{_ACTS[event.action].format(who=who, others=others)}{why}."


def _reached(readers: ArticleReaders) -> Iterator[str]:
    if readers.sent:
        yield f"Sent to {counted(readers.sent, 'reader')}."
    if readers.waiting:
        yield f"On its way to {counted(readers.waiting, 'reader')}."
    if readers.failed:
        yield f"Refused by the mail servers of {counted(readers.failed, 'reader')}."
    left_out = [
        f"{number(count)} {skip_words(reason)}" for reason, count in readers.skipped.items()
    ]
    if readers.not_their_topics:
        left_out.append(f"{number(readers.not_their_topics)} chose other topics")
    if left_out:
        yield f"Readers who were left out: {', '.join(left_out)}."
    if readers.paused:
        yield f"Kept for {counted(readers.paused, 'reader')} who paused, until they come back."
