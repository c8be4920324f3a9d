"""What becomes of articles in a life: the feed shows them, staff hold, release and drop them."""

from datetime import datetime, timedelta
from itertools import count

import sqlalchemy as sa

from newsletter.articles import ledger
from newsletter.articles.ingest import ingest
from newsletter.articles.models import ARTICLE_TRANSITIONS, Article, ArticleState, Feed
from newsletter.articles.shapes import ParsedArticle
from newsletter.digests.withhold import hold_article, release_article
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.lives.scene import Scene

_numbers = count(1)


class ArticleActs(Scene):
    """Articles come, late or held or edited; the oracle is told."""

    def publish_article(self, topics: frozenset[int], *, age_days: int, held: bool) -> None:
        """The feed shows an article that is new to us, dated today or long ago.

        Each has a title of its own: one of the same title and second would be a known article
        that the feed now gives under another GUID and link.
        """
        number = next(_numbers)
        guid = f"https://paper.example.org/life/{number}"
        self._ingest(guid, f"New {number}", topics, self.now - timedelta(days=age_days))
        found = sa.select(Article).where(Article.publication_id == self.home, Article.key == guid)
        article = db.session.scalars(found).one()
        assert article.id not in self.articles, f"taken for {article.title!r}, which is known"
        self.articles.append(article.id)
        self.oracle.place(article.id, self.ids(topics))
        if article.state is ArticleState.HELD:  # by a rule of the ledger
            self.oracle.take_away(article.id)
        elif held:
            self.hold(len(self.articles) - 1)

    def edit(self, number: int, topics: frozenset[int]) -> None:
        """The publisher changes an article that we have."""
        article = self._article(number)
        if article is not None:
            published = article.published_at
            self._ingest(article.key, f"Edited {next(_numbers)}", topics, published)
            self.oracle.pieces[article.id].topics = self.ids(topics)

    def hold(self, number: int) -> None:
        """Staff hold an article; whether it keeps its place the oracle sees in the ledger."""
        article = self._allowed(number, ArticleState.HELD)
        if article is not None:
            with unit_of_work():
                hold_article(article=article, reason="a look at it", now=self.now)
            if article.position is None:
                self.oracle.take_away(article.id)
            else:
                self.oracle.pieces[article.id].open = False

    def release(self, number: int) -> None:
        """Staff release it: at its old place, or at the end of the ledger."""
        article = self._allowed(number, ArticleState.OPEN)
        if article is not None:
            before = article.position
            with unit_of_work():
                release_article(article=article, now=self.now)
            if article.position == before:
                self.oracle.pieces[article.id].open = True
            else:
                got = [
                    one for one, person in self.oracle.readers.items() if article.id in person.got
                ]
                assert not got, f"placed anew, though {got} have it"
                self.oracle.place(article.id, self.oracle.pieces[article.id].topics)

    def drop(self, number: int) -> None:
        """Staff decide that it is never mailed."""
        article = self._allowed(number, ArticleState.DROPPED)
        if article is not None:
            with unit_of_work():
                ledger.drop(article, "not for readers", self.now)
            self.oracle.pieces[article.id].open = False

    def _ingest(
        self, guid: str, title: str, topics: frozenset[int], published_at: datetime
    ) -> None:
        with unit_of_work() as session:
            feed = session.get_one(Feed, self.feed)
            entry = _entry(guid, title, self.names(topics), published_at)
            ingest(feed=feed, entries=[entry], language="en", now=self.now)

    def _article(self, number: int) -> Article | None:
        db.session.rollback()
        if not self.articles:
            return None
        return db.session.get_one(Article, self.articles[number % len(self.articles)])

    def _allowed(self, number: int, state: ArticleState) -> Article | None:
        article = self._article(number)
        return article if article and state in ARTICLE_TRANSITIONS[article.state] else None


def _entry(
    guid: str, title: str, categories: tuple[str, ...], published_at: datetime
) -> ParsedArticle:
    return ParsedArticle(
        guid=guid,
        link=guid,
        title=title,
        author="",
        published_at=published_at,
        modified_at=None,
        categories=categories,
        content_html=f"<p>{title}</p>",
        excerpt=title,
        lead=title,
        reading_minutes=1,
        language=None,
        comment_count=None,
        comments_url="",
        image=None,
        images=(),
    )
