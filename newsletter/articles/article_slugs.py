"""Give articles slugs that no other has."""

from collections.abc import Iterable
from itertools import count

import sqlalchemy as sa

from newsletter.articles.describe import title_of
from newsletter.articles.models import Article
from newsletter.articles.shapes import ParsedArticle
from newsletter.extensions import db
from newsletter.slugs import slug_of

LONGEST_SLUG = 100
_SLICE = 500


class ArticleSlugs:
    """Slugs for some entries of one feed; asks the database once for many."""

    def __init__(self, entries: Iterable[ParsedArticle]) -> None:
        self._taken: set[str] = set()
        wanted = sorted({_words(entry) for entry in entries})
        for start in range(0, len(wanted), _SLICE):
            self._taken |= _taken(wanted[start : start + _SLICE])

    def take(self, entry: ParsedArticle, position: int) -> str:
        """Return the words of the title, with the article's position where others have them."""
        slug = words = _words(entry)
        if not words or words in self._taken:
            slug = f"{words or 'article'}-{position}"
            numbers = count(2)
            while slug in self._taken or _taken([slug]):
                slug = f"{words or 'article'}-{position}-{next(numbers)}"
        self._taken.add(slug)
        return slug


def _words(entry: ParsedArticle) -> str:
    return slug_of(title_of(entry), longest=LONGEST_SLUG)


def _taken(slugs: list[str]) -> set[str]:
    return set(db.session.scalars(sa.select(Article.slug).where(Article.slug.in_(slugs))))
