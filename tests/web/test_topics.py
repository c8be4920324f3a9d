"""Browsing the archive by topic."""

from xml.etree import ElementTree as ET

import feedparser
from flask.testing import FlaskClient

from newsletter.articles.models import ArticleState
from newsletter.web.archive import PAGE_LENGTH
from tests.factories import NOW, Make

ATOM = "{http://www.w3.org/2005/Atom}"


def test_topics_are_listed_with_the_number_of_their_articles(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    europe = make.topic(publication=publication, name="Europe")
    trade = make.topic(publication=publication, name="Trade", offered=False)
    make.topic(publication=publication, name="Empty")
    make.article(publication=publication, topics=[europe, trade])
    make.article(publication=publication, topics=[europe])
    make.article(publication=publication, topics=[trade], state=ArticleState.HELD)
    page = client.get("/topics/").text
    assert page.index("Europe</span>") < page.index("Trade</span>")
    assert '2<span class="off-screen"> articles</span>' in page
    assert '1<span class="off-screen"> article</span>' in page
    assert "Empty" not in page


def test_a_publication_without_topics_says_so(client: FlaskClient, make: Make) -> None:
    make.publication()
    assert "No article has a topic yet" in client.get("/topics/").text


def test_a_topic_lists_its_articles_in_pages(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    topic = make.topic(publication=publication, name="Sea")
    for number in range(PAGE_LENGTH + 1):
        make.article(publication=publication, topics=[topic], title=f"Wave number {number}.")
    make.article(publication=publication, title="Dry land")
    first, second = client.get("/topics/sea").text, client.get("/topics/sea?page=2").text
    assert first.count('<article class="story') == PAGE_LENGTH
    assert "Wave number 0." not in first
    assert "Dry land" not in first
    assert '<link rel="next" href="/topics/sea?page=2">' in first
    assert "Wave number 0." in second
    assert '<link rel="prev" href="/topics/sea">' in second
    assert '<link rel="canonical" href="http://localhost/topics/sea?page=2">' in second


def test_an_article_leads_to_its_topics(client: FlaskClient, make: Make) -> None:
    make.publication()
    second = make.publication()
    topic = make.topic(publication=second, name="Sea")
    article = make.article(publication=second, topics=[topic])
    page = client.get(f"/articles/{article.slug}").text
    assert f'<a href="/topics/sea?publication={second.slug}">Sea</a>' in page
    assert client.get(f"/topics/sea?publication={second.slug}").status_code == 200
    assert client.get("/topics/sea").status_code == 404


def test_a_topic_has_a_feed_of_its_articles(client: FlaskClient, make: Make) -> None:
    publication = make.publication(name="Paper & Ink")
    topic = make.topic(publication=publication, name="Sea & Sky", slug="sea")
    article = make.article(
        publication=publication,
        topics=[topic],
        title="Less < more",
        author="A. Author",
        language="de",
        modified_at=NOW.replace(hour=11),
    )
    make.article(publication=publication, topics=[topic], state=ArticleState.HELD)
    page = client.get("/topics/sea").text
    assert (
        '<link rel="alternate" type="application/atom+xml" title="Sea &amp; Sky – Paper &amp; Ink"'
        ' href="/topics/sea.atom">'
    ) in page
    answer = client.get("/topics/sea.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = feedparser.parse(answer.data)
    assert not feed.bozo
    assert feed.feed.title == "Sea & Sky – Paper & Ink"
    assert feed.feed.updated == "2026-03-02T11:00:00+00:00"
    [entry] = feed.entries
    assert (entry.title, entry.author) == ("Less < more", "A. Author")
    assert entry.id == entry.link == f"http://localhost/articles/{article.slug}"
    assert entry.updated == "2026-03-02T11:00:00+00:00"
    assert [(tag.term, tag.label) for tag in entry.tags] == [("sea", "Sea & Sky")]
    root = ET.fromstring(answer.data)
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1


def test_an_unknown_topic_is_a_page_that_helps_on(client: FlaskClient, make: Make) -> None:
    publication = make.publication(name="The Paper")
    for path in ("/topics/none", "/topics/none.atom"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is no such topic" in answer.text
        assert publication.name in answer.text
        assert 'role="search"' in answer.text
