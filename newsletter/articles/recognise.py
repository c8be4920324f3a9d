"""Tell which entries of a feed are articles that we know already."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from newsletter.articles.describe import title_of
from newsletter.articles.links import bare_link, spellings
from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.articles.recognise_written import WrittenHere, written_ids
from newsletter.articles.shapes import LONGEST_KEY, ParsedArticle
from newsletter.extensions import db

#: Values per IN list: below the 999 parameters of older SQLite builds.
_SLICE = 500

#: From so many entries on, a document full of known titles has a new scheme of identifiers.
_FEWEST_RENAMED = 6
#: A text of this length is not the same by chance.
_TELLING = 300


@dataclass(slots=True)
class Recognised:
    """A feed's entries, sorted by what we know of them; document order is kept."""

    #: Entries under the key that the ledger will know them by.
    new: list[tuple[str, ParsedArticle]] = field(default_factory=list)
    known: list[tuple[Article, ParsedArticle]] = field(default_factory=list)
    #: Known by link or title: the feed gives them under another GUID than before. With the key
    #: that is theirs from now on; none if the document gives them under the old one too.
    renamed: list[tuple[str | None, Article, ParsedArticle]] = field(default_factory=list)
    #: Known from another feed of the publication, or written by staff.
    elsewhere: list[Article] = field(default_factory=list)
    #: Filed as known when another feed was connected, though this one was about to bring them:
    #: for its readers they are new.
    claimed: list[tuple[Article, ParsedArticle]] = field(default_factory=list)
    #: Of those the ones that staff wrote and this feed gives for the first time, with its key.
    written: list[tuple[str, Article]] = field(default_factory=list)
    _held: set[int] = field(default_factory=set)

    def know(self, article: Article, entry: ParsedArticle) -> None:
        """File an entry that has the key of an article."""
        self.known.append((article, entry))
        self._held.add(article.id)

    def rename(self, article: Article, key: str, entry: ParsedArticle) -> None:
        """File an entry that is an article under another key."""
        self.renamed.append((None if self.holds(article) else key, article, entry))
        self._held.add(article.id)

    def know_elsewhere(self, feed: Feed, article: Article, entry: ParsedArticle) -> None:
        """File an entry that is an article of another feed, or of staff."""
        since = feed.connected_at
        is_news = article.state is ArticleState.KNOWN and since and article.found_at > since
        if is_news and not self.holds(article):
            self.claimed.append((article, entry))
            self._held.add(article.id)
        else:
            self.elsewhere.append(article)

    def holds(self, article: Article) -> bool:
        """Whether another entry of the document is the article."""
        return article.id in self._held


def recognise(feed: Feed, entries: Sequence[ParsedArticle]) -> Recognised:
    """Sort `entries`; the caller holds the lock on the ledger."""
    by_key = _known_by_key(feed, entries)
    by_staff = written_ids(by_key.values())
    found = Recognised()
    strangers: list[tuple[str, ParsedArticle]] = []
    for entry in entries:
        article = _same_key(feed, entry, by_key)
        if article is None:
            strangers.append((_free_key(feed, entry, by_key), entry))
        elif article.feed_id in (feed.id, None) and article.id not in by_staff:
            found.know(article, entry)
        else:
            found.know_elsewhere(feed, article, entry)
    _recognise_by_link(feed, strangers, found)
    _recognise_written(feed, found)
    _recognise_by_title(feed, found)
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
        elif article.feed_id in (feed.id, None):
            found.rename(article, key, entry)
        else:
            found.know_elsewhere(feed, article, entry)


def _recognise_written(feed: Feed, found: Recognised) -> None:
    """Find what staff wrote and the site gives as well; their words stay, and nobody gets it twice.

    The ledger keeps the feed's own key of it, so that it is known under another title too.
    """
    here = WrittenHere(feed, [entry for _, entry in found.new])
    strangers, found.new = found.new, []
    for key, entry in strangers:
        article = here.find(entry)
        if article is None:
            found.new.append((key, entry))
        else:
            found.elsewhere.append(article)
            found.written.append((_own_key(feed, entry), article))


def _recognise_by_title(feed: Feed, found: Recognised) -> None:
    """Find articles that the feed gives under another GUID and another link at once."""
    titles = {title_of(entry) for _, entry in found.new}
    by_title: dict[str, list[Article]] = {}
    same = list(_articles(feed, Article.title, titles))
    by_staff = written_ids(same)
    for one in same:
        if one.feed_id in (feed.id, None) and one.id not in by_staff:
            by_title.setdefault(one.title, []).append(one)
    uses = Counter(title_of(entry) for _, entry in found.new)
    new_scheme = not found.known and 2 * len(by_title) >= max(len(found.new), _FEWEST_RENAMED)
    strangers, found.new = found.new, []
    for key, entry in strangers:
        title = title_of(entry)
        candidates = by_title.get(title, [])
        lone = new_scheme and len(candidates) == 1 and uses[title] == 1
        article = next((one for one in candidates if lone or _told_again(one, entry)), None)
        if article is None or found.holds(article):
            found.new.append((key, entry))
        else:
            found.rename(article, key, entry)


def _told_again(article: Article, entry: ParsedArticle) -> bool:
    """Whether an entry with the title of an article is that article.

    Columns have the same title each week: the date or the whole text has to agree as well.
    """
    if entry.published_at and entry.published_at in (article.published_at, article.source_date):
        return True
    return len(entry.content_html) >= _TELLING and article.content_html == entry.content_html


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
