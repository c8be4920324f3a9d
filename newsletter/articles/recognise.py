"""Tell which entries of a feed are articles that we know already."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from newsletter.articles.links import bare_link, spellings
from newsletter.articles.models import Article, Feed
from newsletter.articles.shapes import LONGEST_KEY, ParsedArticle
from newsletter.extensions import db

#: Values per IN list: below the 999 parameters of older SQLite builds.
_SLICE = 500


@dataclass(slots=True)
class Recognised:
    """A feed's entries, sorted by what we know of them; document order is kept."""

    #: Entries under the key that the ledger will know them by.
    new: list[tuple[str, ParsedArticle]] = field(default_factory=list)
    known: list[tuple[Article, ParsedArticle]] = field(default_factory=list)
    #: Known by their link: the feed gives them under another GUID than before.
    renamed: list[Article] = field(default_factory=list)
    #: Known from another feed of the publication.
    elsewhere: list[Article] = field(default_factory=list)


def recognise(feed: Feed, entries: Sequence[ParsedArticle]) -> Recognised:
    """Sort `entries`; the caller holds the lock on the ledger."""
    by_key = _known_by_key(feed, entries)
    found = Recognised()
    strangers: list[tuple[str, ParsedArticle]] = []
    for entry in entries:
        article = _same_key(feed, entry, by_key)
        if article is None:
            strangers.append((_free_key(feed, entry, by_key), entry))
        elif article.feed_id in (feed.id, None):
            found.known.append((article, entry))
        else:
            found.elsewhere.append(article)
    _recognise_by_link(feed, strangers, found)
    return found


def unknown_entries(feed: Feed, entries: Sequence[ParsedArticle]) -> list[ParsedArticle]:
    """Return the entries that look new, without any lock: good enough to fetch ahead by."""
    found = recognise(feed, entries)
    new = {id(entry) for _, entry in found.new}
    return [entry for entry in entries if id(entry) in new]


def known_before(
    feed: Feed, entries: Sequence[ParsedArticle], *, moment: datetime
) -> frozenset[str]:
    """Return the keys of the entries that were found up to `moment`."""
    known = recognise(feed, entries).known
    return frozenset(entry.key for article, entry in known if article.found_at <= moment)


def _known_by_key(feed: Feed, entries: Sequence[ParsedArticle]) -> dict[str, Article]:
    keys = {key for entry in entries for key in (entry.key, _own_key(feed, entry))}
    return {article.key: article for article in _articles(feed, Article.key, keys)}


def _same_key(feed: Feed, entry: ParsedArticle, known: dict[str, Article]) -> Article | None:
    article = known.get(_own_key(feed, entry))
    if article is not None:
        return article
    article = known.get(entry.key)
    if article is None or article.feed_id == feed.id:
        return article
    # Sites count their GUIDs from 1: the same number in another feed proves nothing by itself.
    same_link = bool(entry.link) and bare_link(entry.link) == bare_link(article.link)
    return article if same_link or _says_the_same(article, entry) else None


def _free_key(feed: Feed, entry: ParsedArticle, known: dict[str, Article]) -> str:
    return _own_key(feed, entry) if entry.key in known else entry.key


def _own_key(feed: Feed, entry: ParsedArticle) -> str:
    """Return the key of an entry whose GUID another feed uses for another article."""
    key = f"feed {feed.id}: {entry.key}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"feed {feed.id}: sha256:" + hashlib.sha256(entry.key.encode()).hexdigest()


def _recognise_by_link(
    feed: Feed, strangers: list[tuple[str, ParsedArticle]], found: Recognised
) -> None:
    by_link = _known_by_link(feed, strangers)
    uses = Counter(bare_link(entry.link) for _, entry in strangers)
    for key, entry in strangers:
        link = bare_link(entry.link)
        candidates = by_link.get(link, ()) if entry.link else ()
        shared = uses[link] > 1 or len(candidates) > 1
        article = next((one for one in candidates if _same_piece(one, entry, shared)), None)
        if article is None:
            found.new.append((key, entry))
        elif article.feed_id == feed.id:
            found.renamed.append(article)
        else:
            found.elsewhere.append(article)


def _known_by_link(
    feed: Feed, strangers: list[tuple[str, ParsedArticle]]
) -> dict[str, list[Article]]:
    links = {way for _, entry in strangers if entry.link for way in spellings(entry.link)}
    found: dict[str, list[Article]] = {}
    for article in _articles(feed, Article.link, links):
        found.setdefault(bare_link(article.link), []).append(article)
    return found


def _same_piece(article: Article, entry: ParsedArticle, link_is_shared: bool) -> bool:
    """Whether an entry under a known link is the known article.

    Some pages hold another text each day under one address, and some feeds link every entry to
    their front page: there the title has to agree.
    """
    if _says_the_same(article, entry):
        return True
    return not link_is_shared and entry.published_at in (None, article.published_at)


def _says_the_same(article: Article, entry: ParsedArticle) -> bool:
    return bool(entry.title) and article.title.casefold() == entry.title.casefold()


def _articles(
    feed: Feed, column: sa.orm.InstrumentedAttribute[str], values: Iterable[str]
) -> Iterable[Article]:
    rest = iter(sorted(values))
    while some := list(islice(rest, _SLICE)):
        yield from db.session.scalars(
            sa.select(Article)
            .where(Article.publication_id == feed.publication_id, column.in_(some))
            .order_by(Article.id)
            .options(selectinload(Article.topics))
        )
