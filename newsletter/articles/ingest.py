"""Take the entries of a feed into the ledger: each article once, in order, under one lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.article_slugs import ArticleSlugs
from newsletter.articles.categorise import topics_by_slug, topics_of
from newsletter.articles.describe import describe, refresh
from newsletter.articles.ledger import lock_ledger, next_position
from newsletter.articles.list_pictures import list_pictures
from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.articles.recognise import Recognised, recognise
from newsletter.articles.search_index import index_articles
from newsletter.articles.shapes import ParsedArticle
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
    *, feed: Feed, entries: Sequence[ParsedArticle], language: str, now: datetime
) -> Ingested:
    """Store what is new and refresh what changed.

    While the feed is being connected its articles are filed as known: digests carry only what
    comes afterwards. `language` is that of the feed.
    """
    publication = lock_ledger(feed.publication_id)
    found = recognise(feed, entries)
    topics = topics_by_slug(
        publication,
        [entry for _, entry in found.new] + [entry for _, entry in found.known],
        offering=feed.connected_at is None,
    )
    new = _store_new(publication, feed, found, topics, language=language, now=now)
    changed = [
        article
        for article, entry in found.known
        if refresh(article, entry, topics_of(entry, topics), language=language, now=now)
    ]
    for article, _ in found.known:
        article.feed_id = feed.id  # a feed that was removed and connected again adopts its own
    db.session.flush()
    index_articles([*new, *changed])
    if any(article.state is ArticleState.OPEN for article in new):
        enqueue(Job.START_DUE_DIGESTS)
    return Ingested(new=len(new), changed=len(changed), warnings=_warnings(found))


def _store_new(
    publication: Publication,
    feed: Feed,
    found: Recognised,
    topics: dict[str, Topic],
    *,
    language: str,
    now: datetime,
) -> list[Article]:
    state = ArticleState.KNOWN if feed.connected_at is None else ArticleState.OPEN
    slugs = ArticleSlugs(entry for _, entry in found.new)
    articles = []
    for key, entry in _oldest_first(found.new, now):
        position = next_position(publication)
        article = Article(
            publication_id=publication.id,
            feed_id=feed.id,
            key=key,
            slug=slugs.take(entry, position),
            position=position,
            state=state,
            found_at=now,
            published_at=entry.published_at or now,
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


def _oldest_first(
    entries: list[tuple[str, ParsedArticle]], now: datetime
) -> list[tuple[str, ParsedArticle]]:
    """Sort by date; where dates do not tell, the document does, which names the newest first."""
    return sorted(reversed(entries), key=lambda one: one[1].published_at or now)


def _warnings(found: Recognised) -> tuple[str, ...]:
    count = len(found.renamed)
    if not count:
        return ()
    some = "An article" if count == 1 else f"{count} articles"
    return (
        f"{some} came with a changed GUID, the first of them {found.renamed[0].title!r}: "
        "known by the link, so not mailed again.",
    )
