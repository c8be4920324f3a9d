"""Atom, RSS 1, JSON Feed and WordPress' posts give the same articles."""

import json
from datetime import UTC, datetime

from newsletter.articles.parse import parse
from tests.articles.documents import only


def test_atom_with_xml_base_and_link_to_another_site() -> None:
    document = """<?xml version="1.0"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">
    <title>Harbour</title><link rel="alternate" href="https://news.example.org/"/>
    <entry><id>tag:1</id><title type="html">Ports &amp;amp; ferries</title>
    <link rel="alternate" href="https://other.example.net/story"/>
    <link rel="replies" type="text/html" href="https://news.example.org/1#comments"/>
    <published>2025-05-24T08:00:00Z</published><updated>2025-05-25T08:00:00+02:00</updated>
    <author><name>Ana</name></author><category term="ports" label="Ports"/>
    <thr:total>4</thr:total>
    <content type="html" xml:base="https://news.example.org/1/" xml:lang="en-GB">
    &lt;p&gt;See &lt;img src="boat.jpg"&gt;&lt;/p&gt;</content></entry></feed>"""
    feed = parse(document.encode())
    article = only(feed)
    assert feed.kind == "atom"
    assert article.link == "https://other.example.net/story"
    assert article.title == "Ports & ferries"
    assert article.images[0].url == "https://news.example.org/1/boat.jpg"
    assert article.published_at == datetime(2025, 5, 24, 8, tzinfo=UTC)
    assert article.modified_at == datetime(2025, 5, 25, 6, tzinfo=UTC)
    assert (article.categories, article.language) == (("Ports",), "en-GB")
    assert (article.comment_count, article.comments_url[-11:]) == (4, "/1#comments")


def test_atom_with_xhtml_content() -> None:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>H</title><entry><id>1</id>'
        '<title>x</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
        "<p>One <b>two</b></p></div></content></entry></feed>"
    )
    assert only(parse(document.encode())).content_html == "<p>One <b>two</b></p>"


def test_atom_plain_text_is_not_markup() -> None:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>H</title><entry><id>1</id><title>x</title>'
        '<content type="text">if a &lt; b then &lt;c&gt;</content></entry></feed>'
    )
    assert only(parse(document.encode())).content_html == "<p>if a &lt; b then &lt;c&gt;</p>"


def test_rss_1_has_its_items_outside_the_channel() -> None:
    document = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel rdf:about="https://e.org/"><title>H</title><link>https://e.org/</link></channel>
    <item rdf:about="https://e.org/1"><title>One</title><link>https://e.org/1</link>
    <dc:date>2025-05-24T08:00:00Z</dc:date></item></rdf:RDF>"""
    article = only(parse(document.encode()))
    assert (article.title, article.link) == ("One", "https://e.org/1")
    assert article.published_at == datetime(2025, 5, 24, 8, tzinfo=UTC)


def test_a_json_feed() -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Harbour",
        "home_page_url": "https://news.example.org/",
        "language": "pt",
        "hubs": [{"type": "WebSub", "url": "https://hub.example.net/"}],
        "authors": [{"name": "The Desk"}],
        "items": [
            {
                "id": 7,
                "url": "https://news.example.org/7/",
                "title": "Ferry &amp; port",
                "content_html": "<p>Text</p>",
                "summary": "Short < long",
                "image": "https://news.example.org/7.jpg",
                "date_published": "2025-05-24T08:00:00Z",
                "tags": ["Europe", "Europe", 3],
            },
            {"id": "8", "content_text": "One < two", "authors": [{"name": "Ana"}]},
            "not an item",
        ],
    }
    feed = parse(json.dumps(document).encode())
    first, second = feed.entries
    assert (feed.kind, feed.language, feed.hub_url) == ("json", "pt", "https://hub.example.net/")
    assert (first.guid, first.title, first.author) == ("7", "Ferry & port", "The Desk")
    assert (first.excerpt, first.categories) == ("Short < long", ("Europe",))
    assert first.image is not None
    assert first.image.url == "https://news.example.org/7.jpg"
    assert (second.author, second.content_html) == ("Ana", "<p>One &lt; two</p>")


def test_posts_of_the_wordpress_interface() -> None:
    post = {
        "guid": {"rendered": "https://news.example.org/?p=5"},
        "link": "https://news.example.org/ferry/",
        "date": "2025-05-24T10:00:00",
        "date_gmt": "2025-05-24T08:00:00",
        "modified_gmt": "2025-05-25T08:00:00",
        "title": {"rendered": "Ferry &#8211; port"},
        "content": {"rendered": "<p>Text</p>"},
        "excerpt": {"rendered": "<p>Short [&hellip;]</p>"},
        "comment_status": "open",
        "_embedded": {
            "author": [{"name": "Ana"}],
            "replies": [[{"id": 1}, {"id": 2}]],
            "wp:featuredmedia": [
                {
                    "source_url": "https://news.example.org/boat.jpg",
                    "alt_text": "A boat",
                    "caption": {"rendered": "<p>Dawn. Photo: Rui</p>"},
                    "media_details": {"width": 1200, "height": 800},
                }
            ],
            "wp:term": [
                [{"taxonomy": "category", "name": "Europe"}],
                [
                    {"taxonomy": "post_tag", "name": "Ports"},
                    {"taxonomy": "post_format", "name": "A"},
                ],
            ],
        },
    }
    feed = parse(json.dumps([post]).encode())
    article = only(feed)
    assert (feed.title, feed.site_url) == ("news.example.org", "https://news.example.org/")
    assert article.published_at == datetime(2025, 5, 24, 8, tzinfo=UTC)
    assert (article.title, article.author) == ("Ferry – port", "Ana")
    assert (article.excerpt, article.categories, article.tags) == ("Text", ("Europe",), ("Ports",))
    assert (article.comment_count, article.comments_url[-9:]) == (2, "#comments")
    assert article.image is not None
    assert (article.image.caption, article.image.credit) == ("Dawn.", "Rui")
    assert (article.image.alt, article.image.width) == ("A boat", 1200)


def test_posts_without_embedded_parts_say_what_is_missing() -> None:
    posts = [{"link": "https://e.org/1", "title": {"rendered": "One"}, "author": 3}]
    feed = parse(json.dumps(posts).encode())
    assert only(feed).title == "One"
    assert any("?_embed" in warning for warning in feed.warnings)
