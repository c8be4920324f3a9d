"""The index of readable words: PostgreSQL's full-text search, or SQLite's FTS5.

Its table has no model, since it differs between the two; nothing but this module and the
migration knows it. On SQLite a row outlives a deleted article until its number is given out
again, which overwrites it; searches ask the articles themselves, so none is shown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

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
HEAD = ("title", "standfirst")

Phrases = tuple[tuple[str, ...], ...]

_TABLE = sa.table("article_search")
_ROW = sa.column("rowid", sa.BigInteger)  # SQLite's number of the article
_NUMBER = sa.column("article_id", sa.BigInteger)
_HEAD = sa.column("head", TSVECTOR)  # title and standfirst: small, so that ranks cost little
_WORDS = sa.column("words", TSVECTOR)  # all parts, with an index

_STORE_POSTGRESQL = sa.text(
    "INSERT INTO article_search (article_id, head, words)"
    " VALUES (:id, CAST(:head AS tsvector), CAST(:words AS tsvector))"
    " ON CONFLICT (article_id) DO UPDATE SET head = EXCLUDED.head, words = EXCLUDED.words"
)
_STORE_SQLITE = sa.text(
    "INSERT OR REPLACE INTO article_search (rowid, title, standfirst, body)"
    " VALUES (:id, :title, :standfirst, :body)"
)


def index_articles(articles: Iterable[Article]) -> None:
    """Make stored articles findable by the words they have now."""
    indexed = [(article.id, _terms_of(article)) for article in articles]
    if not indexed:
        return
    if _on_postgresql():
        rows = [
            {"id": number, "head": _vector(parts, HEAD), "words": _vector(parts, WEIGHTS)}
            for number, parts in indexed
        ]
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
    known = sa.select(_NUMBER if _on_postgresql() else _ROW).select_from(_TABLE)
    missing = sa.select(Article).where(Article.id.not_in(known))
    found = list(db.session.scalars(missing.order_by(Article.id.desc()).limit(limit)))
    index_articles(found)
    return len(found)


def matches(wanted: Wanted) -> sa.ColumnElement[bool]:
    """Return the condition that all that is wanted occurs in an article."""
    if _on_postgresql():
        # Without weights the index alone answers, and no vector has to be read.
        found = sa.select(_NUMBER).where(_in(_WORDS, _tsquery(wanted.phrases)))
    else:
        found = _found_by_fts(wanted.phrases, WEIGHTS)
    return Article.id.in_(found.select_from(_TABLE))


def rank(wanted: Wanted, *, adjacent: bool) -> sa.ColumnElement[int]:
    """Return where all that is wanted stands, the best place first.

    0 is the headline, 1 headline and standfirst, 2 next to each other (told apart only if
    `adjacent`), 3 anywhere.
    """
    chain = (tuple(term for phrase in wanted.phrases for term in phrase),)
    if _on_postgresql():
        places = [
            (_in(_HEAD, _tsquery(wanted.phrases, WEIGHTS["title"])), 0),
            (_in(_HEAD, _tsquery(wanted.phrases)), 1),
        ]
        if adjacent:
            places.append((_in(_WORDS, _tsquery(chain)), 2))
        row = sa.select(sa.case(*places, else_=3)).select_from(_TABLE)
        return row.where(Article.id == _NUMBER).correlate(Article).scalar_subquery()
    found = [
        _found_by_fts(wanted.phrases, ("title",)),
        _found_by_fts(wanted.phrases, ("title", "standfirst")),
        *([_found_by_fts(chain, WEIGHTS)] if adjacent else []),
    ]
    reached = [
        (Article.id.in_(each.select_from(_TABLE)), place) for place, each in enumerate(found)
    ]
    return sa.case(*reached, else_=3)


def _in(vector: sa.ColumnClause[Any], query: str) -> sa.ColumnElement[bool]:
    return vector.op("@@", is_comparison=True)(sa.literal(query, TSQUERY))


def _found_by_fts(phrases: Phrases, parts: Iterable[str]) -> sa.Select[int]:
    query = sa.literal(_fts_query(phrases, parts))
    return sa.select(_ROW).where(
        sa.literal_column(_TABLE.name).op("MATCH", is_comparison=True)(query)
    )


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


def _vector(terms_of: dict[str, list[str]], parts: Iterable[str]) -> str:
    """Write a tsvector; a gap between the parts keeps phrases within one."""
    places: dict[str, list[str]] = {}
    place = 0
    for part in parts:
        for term in terms_of[part]:
            place += 1
            if term != BEYOND:
                places.setdefault(term, []).append(f"{place}{WEIGHTS[part]}")
        place += 1
    return " ".join(f"'{term}':{','.join(where)}" for term, where in places.items())


def _tsquery(phrases: Phrases, weight: str = "") -> str:
    """Write a tsquery; terms are letters and digits, so quoting them is enough."""
    only = f":{weight}" if weight else ""
    chains = (" <-> ".join(f"'{term}'{only}" for term in phrase) for phrase in phrases)
    return " & ".join(f"({chain})" for chain in chains)


def _fts_query(phrases: Phrases, parts: Iterable[str]) -> str:
    """Write an FTS5 query; its operators are words of their own, so every term is quoted."""
    strings = " AND ".join(f'"{" ".join(phrase)}"' for phrase in phrases)
    return f"{{{' '.join(parts)}}} : ({strings})"
