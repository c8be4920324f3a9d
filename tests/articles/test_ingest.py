"""What polls bring into the ledger: each article once, oldest first, none lost."""

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.ingest import ingest
from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.articles.parse import parse
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import article_titled, connect, ledger, poll
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import NOW, Make, reload


def test_what_is_there_at_connection_is_known_and_what_comes_is_open(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(2), item(1))))
    assert ledger(paper) == [(1, "known", "Article 1"), (2, "known", "Article 2")]
    server.says("/feed", rss(item(4), item(3), item(2), item(1)))
    result = poll(feed)
    assert (result.new, result.changed, result.count, result.error) == (2, 0, 4, "")
    assert ledger(paper)[2:] == [(3, "open", "Article 3"), (4, "open", "Article 4")]
    assert reload(paper).last_position == 4


def test_a_repeated_poll_brings_nothing(server: LocalServer, paper: Publication) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    server.says("/feed", rss(item(1, categories=("Asia", "News"))))
    assert poll(feed).new == 1
    again = poll(feed)
    assert (again.new, again.changed) == (0, 0)
    assert reload(article_titled("Article 1")).modified_at is None
    assert reload(paper).last_position == 1


def test_positions_follow_dates_and_then_the_document_from_its_end(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    server.says(
        "/feed",
        rss(
            item(1, dated=False), item(2, dated=False), item(5), item(3), item(4), item(6, hours=3)
        ),
    )
    poll(feed)
    titles = [title for _, _, title in ledger(paper)]
    assert titles == [f"Article {number}" for number in (6, 3, 4, 5, 2, 1)]


def test_a_missing_date_is_that_of_the_finding(server: LocalServer, paper: Publication) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    server.says("/feed", rss(item(1, dated=False), item(2, hours=9000)))
    poll(feed, now=NOW)
    assert article_titled("Article 1").published_at == NOW
    assert article_titled("Article 2").published_at == DAY_ONE + timedelta(hours=9000)
    assert article_titled("Article 1").state is ArticleState.OPEN


def test_a_changed_article_is_refreshed_in_its_place(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    server.says("/feed", rss(item(2), item(1, categories=("Asia",))))
    poll(feed)
    later = NOW + timedelta(hours=1)
    server.says("/feed", rss(item(2), item(1, title="Corrected", categories=("Africa",), hours=99)))
    assert poll(feed, now=later).changed == 1
    article = article_titled("Corrected")
    assert (article.position, article.state, article.slug) == (1, ArticleState.OPEN, "article-1")
    assert [topic.name for topic in article.topics] == ["Africa"]
    assert (article.modified_at, article.published_at) == (later, DAY_ONE + timedelta(hours=1))


def test_a_changed_guid_does_not_make_a_new_article(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    server.says("/feed", rss(item(2), item(1)))
    poll(feed)
    server.says(
        "/feed",
        rss(
            item(3, guid="urn:new:3"),
            item(2, guid="urn:new:2", title="Article 2, corrected"),
            item(1, guid="urn:new:1", hours=50),
        ),
    )
    result = poll(feed)
    assert [title for _, _, title in ledger(paper)] == [
        "Article 1",
        "Article 2, corrected",
        "Article 3",
    ]
    (warning,) = result.warnings
    assert "2 articles came with a changed GUID" in warning
    assert poll(feed).warnings == ()


@pytest.mark.parametrize("front", ["http://paper.example.org/", "https://www.paper.example.org/"])
def test_a_site_that_moves_does_not_make_new_articles(
    server: LocalServer, paper: Publication, front: str
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1, guid=f"{front}1/", link=f"{front}1/"))))
    moved = "https://paper.example.org/1"
    server.says("/feed", rss(item(1, guid=moved, link=f"{moved}?utm_source=rss")))
    assert poll(feed).new == 0


def test_one_address_with_another_text_each_day_gives_an_article_each_day(
    server: LocalServer, paper: Publication
) -> None:
    page = "https://paper.example.org/briefing/"
    feed = connect(paper, server.says("/feed", rss(item(1, title="Monday", link=page))))
    server.says("/feed", rss(item(2, title="Tuesday", link=page)))
    assert poll(feed).new == 1


def test_articles_that_all_link_to_the_front_page_are_not_lost(
    server: LocalServer, paper: Publication
) -> None:
    front = "https://paper.example.org/"
    feed = connect(paper, server.says("/feed", rss(item(1, link=front, dated=False))))
    server.says("/feed", rss(*(item(n, link=front, dated=False) for n in (3, 2, 1))))
    assert poll(feed).new == 2


def test_one_article_in_two_feeds_is_one_article(server: LocalServer, paper: Publication) -> None:
    first = connect(paper, server.says("/all", rss()))
    second = connect(paper, server.says("/europe", rss()))
    server.says("/all", rss(item(1, text="The whole text.")))
    server.says("/europe", rss(item(1, text="A few words."), item(2, guid="x", link="")))
    assert poll(first).new == 1
    result = poll(second)
    assert (result.new, result.changed) == (1, 0)
    assert not any("GUID" in warning for warning in result.warnings)
    assert article_titled("Article 1").excerpt == "The whole text."
    assert poll(first).changed == 0


def test_what_a_feed_was_about_to_bring_is_news_although_another_one_was_connected_meanwhile(
    server: LocalServer, paper: Publication
) -> None:
    first = connect(paper, server.says("/all", rss(item(1))))
    later = NOW + timedelta(minutes=5)
    ahead = item(3, hours=9000)
    second = connect(paper, server.says("/europe", rss(ahead, item(2), item(1))), now=later)
    assert article_titled("Article 2").state is ArticleState.KNOWN
    server.says("/all", rss(ahead, item(2), item(1)))
    assert poll(first, now=later).new == 2
    assert article_titled("Article 1").state is ArticleState.KNOWN
    assert article_titled("Article 2").state is ArticleState.OPEN
    held = article_titled("Article 3")
    assert (held.state, held.position, held.released_at) == (ArticleState.HELD, None, None)
    assert held.held_until == held.published_at
    assert [poll(one, now=later).new for one in (first, second)] == [0, 0]
    assert (4, "open", "Article 2") in ledger(paper)


def test_one_article_in_two_feeds_is_known_by_its_link_under_any_guid(
    server: LocalServer, paper: Publication
) -> None:
    first = connect(paper, server.says("/all", rss()))
    second = connect(paper, server.says("/europe", rss()))
    server.says("/all", rss(item(1, link="https://paper.example.org/a/")))
    again = item(1, guid="urn:x", link="http://www.paper.example.org/a?utm_source=europe")
    server.says("/europe", rss(again))
    assert [poll(first).new, poll(second).new] == [1, 0]


def test_two_sites_that_count_their_guids_from_one_lose_nothing(
    server: LocalServer, paper: Publication
) -> None:
    first = connect(paper, server.says("/first", rss()))
    second = connect(paper, server.says("/second", rss()))
    other = "https://other.example.org/a"
    server.says("/first", rss(item(1, guid="1")))
    server.says("/second", rss(item(9, guid="1", link=other, title="Of the other site")))
    assert [poll(first).new, poll(second).new] == [1, 1]
    assert [poll(first).new, poll(second).new] == [0, 0]
    assert [title for _, _, title in ledger(paper)] == ["Article 1", "Of the other site"]


def test_two_publications_keep_ledgers_of_their_own(server: LocalServer, make: Make) -> None:
    url = server.says("/feed", rss(item(1)))
    one, other = make.publication(), make.publication()
    connect(one, url)
    connect(other, url)
    assert ledger(one) == ledger(other) == [(1, "known", "Article 1")]
    slugs = set(db.session.scalars(sa.select(Article.slug)))
    assert slugs == {"article-1", "article-1-1"}


def test_equal_titles_get_slugs_of_their_own(server: LocalServer, paper: Publication) -> None:
    titles = ["Briefing", "Briefing", "Сводка", "Сводка", "Briefing 2"]
    items = [item(number, title=title) for number, title in enumerate(titles, 1)]
    connect(paper, server.says("/feed", rss(*items)))
    rows = db.session.execute(sa.select(Article.slug).order_by(Article.position)).scalars()
    assert list(rows) == ["briefing", "briefing-2", "article-3", "article-4", "briefing-2-5"]


def test_new_open_articles_ask_for_digests_and_known_ones_do_not(make: Make) -> None:
    paper = make.publication()
    connecting = make.feed(publication=paper, connected_at=None)
    connected = make.feed(publication=paper)
    with unit_of_work() as session:
        entries = parse(rss(item(1))).entries
        ingest(feed=connecting, entries=entries, language="", now=NOW)
        assert "requested_jobs" not in session.info
        ingest(feed=connected, entries=entries, language="", now=NOW)
        assert "requested_jobs" not in session.info
        ingest(feed=connected, entries=parse(rss(item(2))).entries, language="en", now=NOW)
        assert session.info["requested_jobs"] == [(Job.START_DUE_DIGESTS, {})]
    assert article_titled("Article 2").language == "en"


def test_what_a_database_cannot_hold_is_left_out_and_the_article_kept(make: Make) -> None:
    feed = make.feed()
    (entry,) = parse(rss(item(1))).entries
    odd = dataclasses.replace(
        entry,
        title="NUL\0 and half \ud83d",
        link="https://paper.example.org/" + "a" * 2000,
        author="A" * 600,
        comment_count=2**40,
        language="x" * 40,
    )
    with unit_of_work():
        ingest(feed=feed, entries=[odd], language="", now=NOW)
    article = article_titled("NUL and half")
    assert (article.link, article.comment_count) == ("", None)
    assert (len(article.author), len(article.language)) == (500, 16)


def test_a_feed_that_was_removed_and_connected_again_mails_nothing_twice(
    server: LocalServer, paper: Publication
) -> None:
    url = server.says("/feed", rss(item(1)))
    feed = connect(paper, url)
    server.says("/feed", rss(item(2), item(1)))
    poll(feed)
    with unit_of_work() as session:
        session.delete(session.get_one(Feed, feed.id))
    server.says("/feed", rss(item(3), item(2), item(1)))
    again = connect(paper, url)
    assert ledger(paper) == [
        (1, "known", "Article 1"),
        (2, "open", "Article 2"),
        (3, "known", "Article 3"),
    ]
    assert {article.feed_id for article in db.session.scalars(sa.select(Article))} == {again.id}
