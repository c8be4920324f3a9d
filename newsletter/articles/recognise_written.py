"""Tell which entries of a feed are articles that staff wrote here, put on the site as well."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa

from newsletter.articles.describe import title_of
from newsletter.articles.links import bare_link
from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.models import Article, Feed
from newsletter.articles.plain_text import text_of
from newsletter.articles.shapes import ParsedArticle
from newsletter.config import settings
from newsletter.extensions import db

#: Who publishes a piece here and there does so within a day; columns have their title every week.
SAME_DAY = timedelta(days=1)
#: A text of this length is not the same by chance.
_TELLING = 300
_SLICE = 500


def written_ids(articles: Iterable[Article]) -> set[int]:
    """Return the ids of those articles that staff wrote."""
    ids = [article.id for article in articles if article.feed_id is None]
    found: set[int] = set()
    for start in range(0, len(ids), _SLICE):
        some = Manuscript.article_id.in_(ids[start : start + _SLICE])
        found |= {
            one for one in db.session.scalars(sa.select(Manuscript.article_id).where(some)) if one
        }
    return found


class WrittenHere:
    """The articles of staff that entries of one document may be."""

    def __init__(self, feed: Feed, entries: Sequence[ParsedArticle]) -> None:
        titles = sorted({title_of(entry) for entry in entries})
        slugs = sorted({slug for entry in entries if (slug := _slug_here(entry.link))})
        self._articles = [
            *_of_staff(feed, Article.title, titles),
            *_of_staff(feed, Article.slug, slugs),
        ]

    def find(self, entry: ParsedArticle) -> Article | None:
        """Return the article that an entry is: it leads to its page here, or says the same.

        The title alone says little, so the date or the whole text has to agree.
        """
        slug = _slug_here(entry.link)
        return next(
            (
                one
                for one in self._articles
                if one.slug == slug or (one.title == title_of(entry) and _agrees(one, entry))
            ),
            None,
        )


def _agrees(article: Article, entry: ParsedArticle) -> bool:
    date = entry.published_at
    if date is not None and abs(date - article.published_at) <= SAME_DAY:
        return True
    text = text_of(entry.content_html)
    return len(text) >= _TELLING and text == text_of(article.content_html)


def _slug_here(link: str) -> str:
    """Return which of our pages of articles a link leads to; empty: to none."""
    front, bare = bare_link(f"{settings.base_url}/articles/") + "/", bare_link(link)
    return bare.removeprefix(front).partition("?")[0] if bare.startswith(front) else ""


def _of_staff(
    feed: Feed, column: sa.orm.InstrumentedAttribute[str], values: list[str]
) -> Iterable[Article]:
    for start in range(0, len(values), _SLICE):
        yield from db.session.scalars(
            sa.select(Article)
            .join(Manuscript, Manuscript.article_id == Article.id)
            .where(Article.publication_id == feed.publication_id)
            .where(column.in_(values[start : start + _SLICE]))
            .order_by(Article.id)
        )
