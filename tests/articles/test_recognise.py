"""A site that changes its identifiers, links or dates brings no article a second time."""

from datetime import timedelta

from newsletter.articles.ledger import drop
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import article_titled, connect, ledger, poll
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, reload

LONG = "A long report on river ports and the people who keep them open. " * 8


def moved(number: int, **fields: object) -> str:
    """Return article `number` under another GUID and another link."""
    new = {"guid": f"urn:new:{number}", "link": f"https://new.example.org/story-{number}"}
    return item(number, **new | fields)  # type: ignore[arg-type]


def titles(paper: Publication) -> list[str]:
    return [title for _, _, title in ledger(paper)]


def test_another_guid_and_another_link_at_once_are_seen_through_by_title_and_date(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(2), item(1))))
    server.says("/feed", rss(moved(3), moved(2), moved(1)))
    result = poll(feed)
    assert result.new == 1
    assert titles(paper) == ["Article 1", "Article 2", "Article 3"]
    assert "known by the link or the title" in result.warnings[0]
    assert poll(feed).warnings == ()


def test_dates_that_change_with_them_are_seen_through_by_the_text(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1, text=LONG))))
    server.says("/feed", rss(moved(1, text=LONG, hours=20)))
    assert poll(feed).new == 0


def test_a_document_full_of_known_titles_has_a_new_scheme(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(*(item(n) for n in range(8, 0, -1)))))
    renewed = [moved(n, hours=20, text=f"Shortened {n}.") for n in range(9, 3, -1)]
    server.says("/feed", rss(*renewed))
    assert poll(feed).new == 1
    assert sorted(titles(paper)) == [f"Article {n}" for n in range(1, 10)]


def test_a_column_that_has_the_same_title_each_week_is_new_each_week(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1, title="Letters"))))
    server.says("/feed", rss(item(2, title="Letters", text="Text of article 1.")))
    assert poll(feed).new == 1


def test_two_pieces_of_one_title_and_second_are_two_while_the_feed_shows_both(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1, title="Letters"))))
    beside = item(2, title="Letters", hours=1)
    server.says("/feed", rss(beside, item(1, title="Letters")))
    assert [poll(feed).new for _ in range(2)] == [1, 0]
    assert titles(paper) == ["Letters", "Letters"]


def test_a_dropped_article_stays_dropped_under_another_guid_and_link(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", rss(item(2), item(1)))
    poll(feed)
    with unit_of_work():
        drop(article_titled("Article 2"), "not for readers", NOW)
    server.says("/feed", rss(moved(2), item(1)))
    assert poll(feed).new == 0
    assert ledger(paper)[1:] == [(2, "dropped", "Article 2")]


def test_an_article_keeps_its_identity_under_the_new_guid(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    before = article_titled("Article 1").id
    server.says("/feed", rss(moved(1)))
    poll(feed)
    later = NOW + timedelta(hours=1)
    server.says("/feed", rss(moved(1, title="Quite another title", text=LONG)))
    assert poll(feed, now=later).changed == 1
    article = reload(article_titled("Quite another title"))
    assert (article.id, article.key, article.position) == (before, "urn:new:1", 1)


def test_an_article_that_a_feed_names_twice_keeps_its_first_guid(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", rss(item(1, guid="urn:copy"), item(1)))
    for _ in range(2):
        assert poll(feed).new == 0
    assert article_titled("Article 1").key == "https://paper.example.org/?p=1"
