"""The Atom feed of the archive: readable by a feed reader, whatever the articles hold."""

from xml.etree import ElementTree as ET

import feedparser
from flask.testing import FlaskClient

from newsletter.publications.models import Cadence
from tests.factories import Make

ATOM = "{http://www.w3.org/2005/Atom}"


def test_each_sent_digest_is_an_entry_with_its_articles(client: FlaskClient, make: Make) -> None:
    publication = make.publication(name="Paper & Ink")
    article = make.article(publication=publication, title='Less < more & "so"')
    digest = make.digest(publication=publication, articles=[article], subject="Ink <dries>")
    answer = client.get("/archive.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = feedparser.parse(answer.data)
    assert not feed.bozo
    assert feed.feed.title == "Paper & Ink"
    [entry] = feed.entries
    assert entry.id == entry.link == f"http://localhost/archive/{digest.slug}"
    assert entry.title == "Ink <dries>"
    [content] = ET.fromstring(answer.data).iter(f"{ATOM}content")
    assert "Less &lt; more &amp;" in (content.text or "")
    assert f'href="http://localhost/articles/{article.slug}"' in (content.text or "")


def test_every_element_the_standard_requires_is_there(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    make.digest(publication=publication, articles=[make.article(publication=publication)])
    root = ET.fromstring(client.get("/archive.atom").data)
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert {link.get("rel") for link in root.findall(f"{ATOM}link")} == {"self", "alternate"}


def test_characters_that_xml_cannot_hold_are_left_out(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    make.digest(publication=publication, subject="Ver\x0btical \x1btab\ufffe")
    root = ET.fromstring(client.get("/archive.atom").data)
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == "Vertical tab"


def test_a_feed_without_digests_is_still_a_feed(client: FlaskClient, make: Make) -> None:
    make.publication()
    feed = feedparser.parse(client.get("/archive.atom").data)
    assert not feed.bozo
    assert feed.entries == []


def test_a_feed_can_be_of_one_cadence(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    make.digest(publication=publication, subject="Of the day", cadence=Cadence.DAILY)
    make.digest(publication=publication, subject="Of the week", cadence=Cadence.WEEKLY)
    feed = feedparser.parse(client.get("/archive.atom?cadence=weekly").data)
    assert [entry.title for entry in feed.entries] == ["Of the week"]
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"].endswith(f"/archive.atom?publication={publication.slug}&cadence=weekly")
    assert links["alternate"] == "http://localhost/archive/?cadence=weekly"


def test_an_unchanged_feed_is_not_sent_again(client: FlaskClient, make: Make) -> None:
    make.publication()
    tag = client.get("/archive.atom").headers["ETag"]
    assert client.get("/archive.atom", headers={"If-None-Match": tag}).status_code == 304
