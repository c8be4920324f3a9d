"""Articles as sites really write them pass preflight; nothing of ours stands in their way."""

from newsletter.articles.models import Article
from newsletter.articles.shapes import ParsedArticle, ParsedFeed
from newsletter.digests.preflight import Carried, Level, Specimen
from newsletter.digests.preflight_examine import examine
from newsletter.digests.render import address_of
from tests.articles.test_ingest_real_feeds import pytestmark, readable
from tests.digests.rendering import FULL, MARKERS, Render, render
from tests.factories import NOW

__all__ = ["pytestmark", "render"]

#: Of each feed: what its first articles do not have, the rest hardly has.
SOME = 3


def stored(feed: ParsedFeed, one: ParsedArticle) -> Article:
    return Article(
        id=1,
        slug="one",
        title=one.title,
        author=one.author,
        published_at=one.published_at or NOW,
        language=one.language or feed.language or "en",
        link=one.link,
        content_html=one.content_html,
        excerpt=one.excerpt,
        reading_minutes=one.reading_minutes,
        comment_count=one.comment_count,
        comments_url=one.comments_url,
        pictures=[],
    )


def test_no_article_of_a_real_feed_is_in_error(render: Render) -> None:
    errors = []
    for feed in readable():
        articles = [stored(feed, one) for one in feed.entries[:SOME]]
        if not articles:
            continue
        mail = render(*((one, FULL) for one in articles))
        examined = Specimen(
            subject=mail.subject,
            html=mail.html,
            text=mail.text,
            markers=MARKERS,
            articles={address_of(one): Carried(1, one.title) for one in articles},
        )
        errors += [one for one in examine(examined) if one.level is Level.ERROR]
    assert errors == []
