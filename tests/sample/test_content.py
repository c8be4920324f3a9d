"""This will hold the sample articles and their feed to what readers and parsers expect."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser
import pytest

from newsletter.sample.content import SampleArticle, sample_articles, sample_feed

ROOT = Path(__file__).parents[2]
BASE = "http://news.example.org:8000"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ARTICLES = sample_articles(base_url=BASE)
REGIONS = {"Europe", "Asia", "Africa", "Americas", "Middle East"}
KINDS = {"News", "Analysis", "Security"}
each_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)


def words(article: SampleArticle) -> int:
    return len(re.sub(r"<figure.*?</figure>|<[^>]+>", " ", article.html, flags=re.DOTALL).split())


def feed(count: int, now: datetime = NOW) -> feedparser.FeedParserDict:
    return feedparser.parse(
        sample_feed(base_url=BASE, count=count, now=now),
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def test_there_are_ten_articles_told_oldest_first() -> None:
    ages = [article.hours_ago for article in ARTICLES]
    assert len(ARTICLES) == 10
    assert ages == sorted(ages, reverse=True)
    assert len({article.slug for article in ARTICLES}) == 10


@each_article
def test_an_article_has_the_length_and_parts_of_an_analysis(
    article: SampleArticle,
) -> None:
    assert 450 <= words(article) <= 900
    assert 2 <= article.html.count("<h2 ") <= 4
    assert 1 <= article.html.count("<figure ") <= 3
    assert article.html.startswith("<p>")
    assert "“" in article.html
    assert "Sample article" in article.html[-200:]


@each_article
def test_an_article_stands_under_a_region_and_a_kind(article: SampleArticle) -> None:
    region, kind = article.categories
    assert region in REGIONS
    assert kind in KINDS


@each_article
def test_every_picture_has_a_file_words_and_a_credit(article: SampleArticle) -> None:
    figures = re.findall(
        r'<img [^>]*src="([^"]+)" alt="([^"]{20,})"[^>]*>'
        r"<figcaption[^>]*>.{30,} \(Image Credit: IRIA/via Sample Desk\)</figcaption>",
        article.html,
    )
    assert len(figures) == article.html.count("<img ")
    assert article.image == figures[0][0]
    for address, _ in figures:
        assert address.startswith(f"{BASE}/static/sample/")
        assert (ROOT / address.removeprefix(f"{BASE}/")).stat().st_size <= 90_000


def test_a_trailing_slash_of_the_base_url_changes_nothing() -> None:
    assert sample_articles(base_url=f"{BASE}/") == ARTICLES


def test_the_feed_lists_the_newest_article_first() -> None:
    parsed = feed(10)
    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == [a.title for a in reversed(ARTICLES)]


def test_one_more_publishes_the_next_article() -> None:
    fewer, more = feed(6), feed(7)
    assert more.entries[0].title == ARTICLES[6].title
    assert [entry.id for entry in more.entries[1:]] == [entry.id for entry in fewer.entries]


def test_a_feed_of_none_is_still_a_feed() -> None:
    parsed = feed(0)
    assert parsed.feed.title == "IRIA News"
    assert parsed.entries == []


def test_an_item_carries_what_wordpress_writes() -> None:
    article, entry = ARTICLES[-1], feed(10).entries[0]
    assert entry.link == f"{BASE}/dev/site/{article.slug}"
    assert entry.id == f"{BASE}/dev/site/?p={article.number}"
    assert entry.author == article.author
    assert [tag.term for tag in entry.tags] == list(article.categories)
    assert entry.slash_comments == str(article.comments)
    assert entry.wfw_commentrss.endswith("/feed/")
    assert entry.content[0].value.startswith(article.html)
    assert "appeared first on" in entry.summary
    assert len(entry.summary) < 900


def test_dates_count_back_from_the_given_moment() -> None:
    entry = feed(10).entries[0]
    assert parsedate_to_datetime(entry.published) == NOW - timedelta(hours=ARTICLES[-1].hours_ago)


def test_titles_and_addresses_are_escaped() -> None:
    document = sample_feed(base_url="http://a.example/?x=1&y", count=1, now=NOW)
    parsed = feedparser.parse(document, sanitize_html=False)
    assert not parsed.bozo
    assert "x=1&amp;y/static/sample/" in parsed.entries[0].content[0].value
