"""Take the entries of a feed into the ledger: each article once, in order, under one lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.article_slugs import ArticleSlugs
from newsletter.articles.categorise import topics_by_slug, topics_of
from newsletter.articles.describe import describe, note_date, refresh
from newsletter.articles.entrance import PLACED, Entrance
from newsletter.articles.ledger import hold, lock_ledger, next_position, release
from newsletter.articles.list_pictures import list_pictures
from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.articles.recognise import Recognised, recognise
from newsletter.articles.search_index import index_articles
from newsletter.articles.shapes import STAFF_KEY, ParsedArticle
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Publication, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What came of a document; `warnings` are sentences for staff."""

    new: int
    changed: int
    warnings: tuple[str, ...]


def ingest(
    *,
    feed: Feed,
    entries: Sequence[ParsedArticle],
    language: str,
    now: datetime,
    last_digest_at: datetime | None = None,
) -> Ingested:
    """Store what is new and refresh what changed.

    While the feed is being connected its articles are filed as known: digests carry only what
    comes afterwards. What is not believed, or what the publication's rules say, is held or
    dropped. `language` is that of the feed, `last_digest_at` what the rules for dates go by.
    """
    publication = lock_ledger(feed.publication_id)
    found = recognise(feed, entries)
    told = [*found.known, *((article, entry) for key, article, entry in found.renamed if key)]
    topics = topics_by_slug(
        publication,
        [entry for _, entry in found.new] + [entry for _, entry in told],
        offering=feed.connected_at is None,
    )
    entrance = Entrance(publication, feed, found, last_digest_at=last_digest_at, now=now)
    new = _store_new(publication, feed, found, topics, entrance, language=language, now=now)
    new += _admit_claimed(found, entrance, now=now)
    for key, article, _ in found.renamed:
        article.key = key or article.key
    for key, article in found.written:
        article.key = key if article.key.startswith(STAFF_KEY) else article.key
    changed = [
        article
        for article, entry in told
        if refresh(article, entry, topics_of(entry, topics), language=language, now=now)
    ]
    for article, entry in told:
        article.feed_id = feed.id  # a feed that was removed and connected again adopts its own
        note_date(article, entry)
    db.session.flush()
    index_articles([*new, *changed])
    if any(article.state is ArticleState.OPEN for article in new):
        enqueue(Job.START_DUE_DIGESTS)
    warnings = (*_warnings(found), *entrance.warnings)
    return Ingested(new=len(new), changed=len(changed), warnings=warnings)


def _store_new(
    publication: Publication,
    feed: Feed,
    found: Recognised,
    topics: dict[str, Topic],
    entrance: Entrance,
    *,
    language: str,
    now: datetime,
) -> list[Article]:
    slugs = ArticleSlugs(entry for _, entry in found.new)
    articles = []
    for key, entry in _oldest_first(found.new, now):
        verdict = entrance.judge(entry)
        position = next_position(publication) if verdict.state in PLACED else None
        article = Article(
            publication_id=publication.id,
            feed_id=feed.id,
            key=key,
            slug=slugs.take(entry, position or publication.last_position + 1),
            position=position,
            state=verdict.state,
            reason=verdict.reason,
            alarm_id=entrance.alarm_of(verdict),
            held_until=verdict.held_until,
            found_at=now,
            published_at=entry.published_at or now,
            source_date=entry.published_at,
            modified_at=entry.modified_at,
            topics=topics_of(entry, topics),
        )
        describe(article, entry, language=language)
        articles.append(article)
    db.session.add_all(articles)
    db.session.flush()
    if feed.connected_at is not None:  # of those known before there may be many: see the sweeper
        for article in articles:
            list_pictures(article, now=now)
    return articles


def _admit_claimed(found: Recognised, entrance: Entrance, *, now: datetime) -> list[Article]:
    """Admit what is new to this feed's readers, and return it; it stays an article of the other."""
    admitted = []
    for article, entry in sorted(found.claimed, key=lambda one: one[1].published_at or now):
        verdict = entrance.judge(entry)
        if verdict.state is ArticleState.DROPPED:
            continue  # as good as known: no digest carries it
        release(article, now)
        if verdict.state is ArticleState.HELD:
            hold(article, verdict.reason, now)
            article.alarm_id, article.released_at = entrance.alarm_of(verdict), None
            article.held_until = verdict.held_until
        list_pictures(article, now=now)
        admitted.append(article)
    return admitted


def _oldest_first(
    entries: list[tuple[str, ParsedArticle]], now: datetime
) -> list[tuple[str, ParsedArticle]]:
    """Sort by date; where dates do not tell, the document does, which names the newest first."""
    return sorted(reversed(entries), key=lambda one: one[1].published_at or now)


def _warnings(found: Recognised) -> tuple[str, ...]:
    return tuple(
        f"{'An article' if len(some) == 1 else f'{len(some)} articles'} {what}, the first of them "
        f"{some[0].title!r}: {why}"
        for some, what, why in (
            (
                [article for _, article, _ in found.renamed],
                "came with a changed GUID",
                "known by the link or the title, so not mailed again.",
            ),
            (
                [article for _, article in found.written],
                "came that staff wrote here",
                "not mailed again, and their words stay.",
            ),
        )
        if some
    )
