"""Connecting a feed: the preview, the first fetch, the topics it offers, refusals."""

import pytest

from newsletter.articles.connect import CannotConnect, preview_feed
from newsletter.articles.fetch_errors import Permanent
from newsletter.articles.models import Feed
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.extensions import db
from newsletter.publications.models import Publication
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect, ledger, poll
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, Make, reload


def topics(publication: Publication) -> dict[str, bool]:
    return {topic.name: topic.offered for topic in reload(publication).topics}


@pytest.mark.usefixtures("app")
def test_a_preview_shows_the_beginning_and_counts_the_categories(server: LocalServer) -> None:
    items = [item(n, categories=("Europe", "News") if n % 2 else ("news",)) for n in range(14)]
    preview = preview_feed(url=server.says("/feed", rss(*items)))
    assert (preview.title, preview.kind, preview.count) == ("The Paper", "rss", 14)
    assert [article.title for article in preview.articles] == [f"Article {n}" for n in range(10)]
    assert [(name.casefold(), count) for name, count in preview.categories] == [
        ("news", 14),
        ("europe", 7),
    ]


@pytest.mark.usefixtures("app")
def test_a_web_page_leads_to_the_feed_that_it_announces(server: LocalServer) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{path}">'
        for path in ("/gone", "/feed")
    )
    server.says("/gone", status=404)
    server.says("/feed", rss(item(1)))
    page = server.says("/", f"<!doctype html><html><head>{links}</head></html>".encode())
    preview = preview_feed(url=page)
    assert preview.url == f"{server.url}/feed"
    assert preview.count == 1
    assert "web page" in preview.warnings[0]
    assert preview.url in preview.warnings[0]


@pytest.mark.usefixtures("app")
def test_a_web_page_without_a_feed_says_so(server: LocalServer) -> None:
    page = server.says("/", b"<!doctype html><html><head></head><body>Hello</body></html>")
    with pytest.raises(UnreadableFeed, match="web page"):
        preview_feed(url=page)


@pytest.mark.usefixtures("app")
def test_an_address_typed_without_its_beginning_is_taken_as_https(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def fetch(url: str, **_: object) -> None:
        asked.append(url)
        raise Permanent("Not now.")

    monkeypatch.setattr("newsletter.articles.read_feed.fetch", fetch)
    for typed in (" www.example.org/feed ", "http://www.example.org/feed"):
        with pytest.raises(Permanent):
            preview_feed(url=typed)
    assert asked == ["https://www.example.org/feed", "http://www.example.org/feed"]


def test_connecting_notes_what_the_next_request_needs(
    server: LocalServer, paper: Publication
) -> None:
    headers = {"ETag": '"one"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}
    feed = connect(paper, server.says("/feed", rss(item(1)), headers=headers))
    assert (feed.title, feed.last_status, feed.last_count) == ("The Paper", 200, 1)
    assert (feed.etag, feed.last_modified) == ('"one"', "Mon, 02 Mar 2026 09:00:00 GMT")
    assert feed.connected_at == feed.last_polled_at == feed.last_success_at == NOW
    assert feed.next_poll_at > NOW


def test_an_empty_feed_can_be_connected_and_mails_its_first_article(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    server.says("/feed", rss(item(1)))
    poll(feed)
    assert ledger(paper) == [(1, "open", "Article 1")]


def test_categories_that_articles_share_are_offered_as_topics(
    server: LocalServer, paper: Publication
) -> None:
    items = (
        item(1, categories=("Europe", "News")),
        item(2, categories=("EUROPE", "Asia")),
        item(3, categories=("News",)),
    )
    feed = connect(paper, server.says("/feed", rss(*items)))
    assert topics(paper) == {"Europe": True, "News": True, "Asia": False}
    server.says("/feed", rss(*(item(n, categories=("Africa",)) for n in (6, 5, 4)), *items))
    poll(feed)
    assert topics(paper)["Africa"] is False


def test_no_more_than_eight_topics_are_offered_and_no_choice_of_staff_is_undone(
    server: LocalServer, paper: Publication, make: Make
) -> None:
    make.topic(publication=paper, name="Europe", slug="europe", offered=False)
    names = ("Europe", *(f"Topic {n}" for n in range(12)))
    connect(paper, server.says("/feed", rss(*(item(n, categories=names) for n in (2, 1)))))
    offered = [name for name, is_offered in topics(paper).items() if is_offered]
    assert len(offered) == 8
    assert "Europe" not in offered


@pytest.mark.parametrize("again", ["/feed", "/feed/"])
def test_a_feed_is_connected_once(server: LocalServer, paper: Publication, again: str) -> None:
    connect(paper, server.says("/feed", rss(item(1))))
    url = server.says(again, rss(item(1)))
    with pytest.raises(CannotConnect, match="reads this feed already"):
        connect(paper, url)
    assert db.session.query(Feed).count() == 1


def test_a_feed_that_moved_for_good_is_connected_where_it_is(
    server: LocalServer, paper: Publication
) -> None:
    server.says("/new", rss(item(1)))
    assert connect(paper, server.redirects("/old", "/new", status=301)).url == f"{server.url}/new"
    server.says("/third", rss(item(2)))
    url = server.redirects("/passing", "/third", status=302)
    assert connect(paper, url).url == url
