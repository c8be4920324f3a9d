"""The index of readable words: PostgreSQL's full-text search, or SQLite's FTS5.

Its table has no model, since it differs between the two; nothing but this module and the
migration knows it. On SQLite a row outlives a deleted article until its number is given out
again, which overwrites it; searches ask the articles themselves, so none is shown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from newsletter.articles.models import Article
from newsletter.articles.plain_text import text_of
from newsletter.articles.search_words import Wanted, words_in
from newsletter.extensions import db

#: PostgreSQL counts no further than 16,383 words and 256 places of one word, and refuses more
#: than a megabyte of terms. SQLite is held to the same, so that both find the same.
MOST_WORDS = {"title": 300, "standfirst": 600, "body": 15_000}
MOST_PLACES = 200
MOST_BYTES = 400_000

#: Keeps the place of a word that is not indexed any more; no word is written like this.
BEYOND = "\u00b7"

#: The weight by which PostgreSQL tells the parts apart.
WEIGHTS = {"title": "A", "standfirst": "B", "body": "D"}

_STORE_POSTGRESQL = sa.text(
    "INSERT INTO article_search (article_id, words) VALUES (:id, CAST(:words AS tsvector))"
    " ON CONFLICT (article_id) DO UPDATE SET words = EXCLUDED.words"
)
_STORE_SQLITE = sa.text(
    "INSERT OR REPLACE INTO article_search (rowid, title, standfirst, body)"
    " VALUES (:id, :title, :standfirst, :body)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where wanted words have to stand: in which parts, and whether next to each other."""

    parts: tuple[str, ...] = tuple(WEIGHTS)
    adjacent: bool = False


def index_articles(articles: Iterable[Article]) -> None:
    """Make stored articles findable by the words they have now."""
    indexed = [(article.id, _terms_of(article)) for article in articles]
    if not indexed:
        return
    if _on_postgresql():
        rows = [{"id": number, "words": _vector(parts)} for number, parts in indexed]
        db.session.execute(_STORE_POSTGRESQL, rows)
    else:
        rows = [
            {"id": number, **{part: " ".join(terms) for part, terms in parts.items()}}
            for number, parts in indexed
        ]
        db.session.execute(_STORE_SQLITE, rows)


def index_missing(*, limit: int) -> int:
    """Index articles that are not yet, the newest first; return how many that were.

    After an upgrade these are all of them.
    """
    key = sa.column("article_id" if _on_postgresql() else "rowid", sa.BigInteger)
    known = sa.select(key).select_from(sa.table("article_search"))
    missing = sa.select(Article).where(Article.id.not_in(known))
    found = list(db.session.scalars(missing.order_by(Article.id.desc()).limit(limit)))
    index_articles(found)
    return len(found)


def ids_matching(wanted: Wanted, asked: Asked) -> sa.Select[int]:
    """Return the ids of indexed articles with all that is wanted, where it is asked for."""
    phrases = wanted.phrases
    if asked.adjacent:
        phrases = (tuple(term for phrase in phrases for term in phrase),)
    if _on_postgresql():
        number = sa.column("article_id", sa.BigInteger)
        query = sa.cast(sa.literal(_tsquery(phrases, asked.parts)), TSQUERY)
        condition = sa.column("words", TSVECTOR).op("@@", is_comparison=True)(query)
    else:
        number = sa.column("rowid", sa.BigInteger)
        condition = sa.literal_column("article_search").op("MATCH", is_comparison=True)(
            sa.literal(_fts_query(phrases, asked.parts))
        )
    return sa.select(number).select_from(sa.table("article_search")).where(condition)


def _on_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"


def _terms_of(article: Article) -> dict[str, list[str]]:
    """Return the terms of each part, within what either database takes."""
    texts = {
        "title": article.title,
        "standfirst": article.excerpt,
        "body": text_of(article.content_html),
    }
    places: Counter[str] = Counter()
    return {part: list(_within(text, MOST_WORDS[part], places)) for part, text in texts.items()}


def _within(text: str, most: int, places: Counter[str]) -> Iterator[str]:
    size = sum(len(term.encode()) for term in places)
    for word in islice(words_in(text), most):
        size += 0 if word.term in places else len(word.term.encode())
        places[word.term] += 1
        fits = places[word.term] <= MOST_PLACES and size <= MOST_BYTES
        yield word.term if fits else BEYOND


def _vector(parts: dict[str, list[str]]) -> str:
    """Write a tsvector; a gap between the parts keeps phrases within one."""
    places: dict[str, list[str]] = {}
    place = 0
    for part, terms in parts.items():
        for term in terms:
            place += 1
            if term != BEYOND:
                places.setdefault(term, []).append(f"{place}{WEIGHTS[part]}")
        place += 1
    return " ".join(f"'{term}':{','.join(where)}" for term, where in places.items())


def _tsquery(phrases: tuple[tuple[str, ...], ...], parts: tuple[str, ...]) -> str:
    """Write a tsquery; terms are letters and digits, so quoting them is enough."""
    weights = "".join(WEIGHTS[part] for part in parts)
    chains = (" <-> ".join(f"'{term}':{weights}" for term in phrase) for phrase in phrases)
    return " & ".join(f"({chain})" for chain in chains)


def _fts_query(phrases: tuple[tuple[str, ...], ...], parts: tuple[str, ...]) -> str:
    """Write an FTS5 query; its operators are words of their own, so every term is quoted."""
    strings = " AND ".join(f'"{" ".join(phrase)}"' for phrase in phrases)
    return f"{{{' '.join(parts)}}} : ({strings})"
