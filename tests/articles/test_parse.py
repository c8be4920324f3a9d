"""Reading feeds of every kind, whole and broken."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.articles.parse import ParsedArticle, ParsedFeed, UnreadableFeed, parse

NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*items: str, head: str = "") -> bytes:
    body = "".join(f"<item>{item}</item>" for item in items)
    channel = f"<title>Harbour News</title><link>https://news.example.org/</link>{head}{body}"
    return f'<rss version="2.0" {NAMESPACES}><channel>{channel}</channel></rss>'.encode()


def feed_or_none(document: bytes) -> ParsedFeed | None:
    """Read a feed; a refusal counts, any other exception fails the test."""
    try:
        return parse(document, url="https://news.example.org/feed")
    except UnreadableFeed:
        return None


def only(feed: ParsedFeed) -> ParsedArticle:
    (article,) = feed.entries
    return article


def item(**fields: str) -> str:
    """Write one item; names with a double underscore stand for a namespace."""
    fields = {"title": "Ferry", "link": "https://news.example.org/ferry/"} | fields
    return "".join(
        f"<{name.replace('__', ':')}>{value}</{name.replace('__', ':')}>"
        for name, value in fields.items()
    )


def test_an_article_of_wordpress_arrives_complete() -> None:
    document = rss(
        item(
            comments="https://news.example.org/ferry/#comments",
            dc__creator="<![CDATA[Ana Lopes&nbsp;and Rui Costa]]>",
            pubDate="Sat, 24 May 2025 08:58:02 +0200",
            category="<![CDATA[Europe]]></category><category>homepage_top",
            guid="https://news.example.org/?p=1&#038;x=2",
            description="<![CDATA[<p>Two boats left. [&#8230;]</p><p>The post <a href='#'>F</a> "
            "appeared first on <a href='#'>H</a>.</p>]]>",
            content__encoded="<![CDATA[<p>Two boats left the port.</p><h3>Later</h3>"
            '<figure><img src="/boat.jpg" alt="A boat" width="800" height="600">'
            "<figcaption>A boat. (Photo: Rui)</figcaption></figure><p>The end.</p>]]>",
            slash__comments="3",
        ),
        head='<language>en-us</language><atom:link rel="hub" href="https://hub.example.net/"/>',
    )
    feed = parse(document, url="https://news.example.org/feed/")
    article = only(feed)
    assert (feed.title, feed.kind, feed.language) == ("Harbour News", "rss", "en-US")
    assert (feed.site_url, feed.hub_url) == (
        "https://news.example.org/",
        "https://hub.example.net/",
    )
    assert feed.warnings == ()
    assert article.key == article.guid == "https://news.example.org/?p=1&x=2"
    assert article.author == "Ana Lopes and Rui Costa"
    assert article.published_at == datetime(2025, 5, 24, 6, 58, 2, tzinfo=UTC)
    assert article.categories == ("Europe",)
    assert article.excerpt == "Two boats left the port. The end."
    assert article.lead == "Two boats left the port."
    assert (article.comment_count, article.reading_minutes) == (3, 1)
    assert article.comments_url == "https://news.example.org/ferry/#comments"
    assert "<h2>Later</h2>" in article.content_html
    assert article.image is not None
    assert article.image == article.images[0]
    assert article.image.url == "https://news.example.org/boat.jpg"
    assert (article.image.alt, article.image.caption) == ("A boat", "A boat.")
    assert (article.image.credit, article.image.width, article.image.height) == ("Rui", 800, 600)


def test_a_written_excerpt_is_preferred_to_the_text() -> None:
    document = rss(item(description="What it means.", content__encoded="&lt;p&gt;Long.&lt;/p&gt;"))
    article = only(parse(document))
    assert (article.excerpt, article.content_html) == ("What it means.", "<p>Long.</p>")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Ports &amp; ferries", "Ports & ferries"),
        ("Ports &amp;amp; ferries", "Ports & ferries"),
        ("Ports &amp;#8211; ferries", "Ports – ferries"),
        ("<![CDATA[Ports &#8217;n&#8217; <em>ferries</em>]]>", "Ports ’n’ ferries"),
        ("Ports & ferries", "Ports & ferries"),
        ("Ports&nbsp;&mdash; ferries", "Ports — ferries"),
        ("1 < 2", "1 < 2"),
        ("How to use &lt;template&gt;", "How to use <template>"),
        ("  Ports\n\tferries  ", "Ports ferries"),
        ("&#147;Ports&#148;&#16;", "“Ports”"),
    ],
)
def test_titles_become_plain_text(title: str, expected: str) -> None:
    assert only(parse(rss(item(title=title)))).title == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("<author>desk@example.com (The Desk)</author>", "The Desk"),
        ("<author>desk@example.com</author>", ""),
        ("<dc:creator><![CDATA[]]></dc:creator>", ""),
        ("<dc:creator>Ana</dc:creator><dc:creator>Rui</dc:creator>", "Ana, Rui"),
        ("<dc:creator>Ana &amp; Rui</dc:creator>", "Ana & Rui"),
    ],
)
def test_authors_are_names_and_never_addresses(author: str, expected: str) -> None:
    assert only(parse(rss(item() + author))).author == expected


@pytest.mark.parametrize("empty", ["null", "", "<![CDATA[]]>", "undefined", "<![CDATA[&nbsp;]]>"])
def test_a_description_that_says_nothing_is_empty(empty: str) -> None:
    article = only(parse(rss(item(description=empty))))
    assert (article.excerpt, article.content_html) == ("", "")


def test_a_description_that_is_only_a_pixel_is_empty() -> None:
    pixel = '&lt;img src="https://pixel.wp.com/b.gif?x=1" width="1" height="1"&gt;'
    article = only(parse(rss(item(description=pixel))))
    assert (article.content_html, article.images, article.image) == ("", (), None)


def test_a_body_that_is_only_an_address_has_no_excerpt() -> None:
    article = only(parse(rss(item(description="https://other.example.net/a"))))
    assert '<a href="https://other.example.net/a">' in article.content_html
    assert (article.excerpt, article.lead) == ("", "")


def test_the_feeds_picture_leads_and_portraits_never_do() -> None:
    media = (
        '<media:content medium="image" url="https://1.gravatar.com/avatar/abc?s=96"/>'
        '<media:content medium="video" url="https://news.example.org/film.mp4"/>'
        '<media:thumbnail url="https://news.example.org/small-150x150.jpg"/>'
        '<media:content medium="image" url="https://news.example.org/port.jpg" width="1200"/>'
    )
    article = only(parse(rss(item(description='&lt;img src="/other.jpg"&gt; Text') + media)))
    assert article.image is not None
    assert (article.image.url, article.image.width) == ("https://news.example.org/port.jpg", 1200)


def test_the_feeds_picture_takes_its_words_from_the_text() -> None:
    body = (
        '&lt;figure&gt;&lt;img src="/port-300x200.jpg" alt="Port"&gt;'
        "&lt;figcaption&gt;Dawn. Photo: Ana&lt;/figcaption&gt;&lt;/figure&gt;"
    )
    enclosure = '<enclosure url="https://news.example.org/port.jpg" type="image/jpeg" length="0"/>'
    image = only(parse(rss(item(description=body) + enclosure))).image
    assert image is not None
    assert (image.url, image.alt) == ("https://news.example.org/port.jpg", "Port")
    assert (image.caption, image.credit) == ("Dawn.", "Ana")


def test_a_podcast_file_is_no_picture() -> None:
    enclosure = '<enclosure url="https://news.example.org/a.mp3" type="audio/mpeg" length="9"/>'
    assert only(parse(rss(item() + enclosure))).image is None


def test_missing_parts_are_made_up_or_told() -> None:
    feed = parse(
        rss(
            "<title>Only a title</title>",
            "<link>https://news.example.org/a-long-road/</link>",
            "<description>Only words, but quite a few of them.</description>",
            "",
        )
    )
    assert [each.title for each in feed.entries] == [
        "Only a title",
        "A long road",
        "Only words, but quite a few of them.",
    ]
    assert all(each.published_at is None for each in feed.entries)
    assert len({each.key for each in feed.entries}) == 3
    assert "Left out for want of title, text and link: 1 article." in feed.warnings
    assert "Without a date that can be read: 3 articles." in feed.warnings


def test_the_key_falls_back_from_guid_to_link_to_title_and_date() -> None:
    with_guid, with_link, with_title = parse(
        rss(
            item(guid="tag:1"),
            item(),
            "<title>Ferry</title><pubDate>Sat, 24 May 2025 08:58:02 GMT</pubDate>",
        )
    ).entries
    assert with_guid.key == "tag:1"
    assert with_link.key == "https://news.example.org/ferry/"
    assert with_title.key.startswith("sha256:")
    again = only(parse(rss("<pubDate>Sat, 24 May 2025 08:58:02 GMT</pubDate><title>Ferry</title>")))
    assert again.key == with_title.key


def test_a_long_guid_gives_a_short_key() -> None:
    one, two = parse(rss(item(guid="x" * 300 + "1"), item(guid="x" * 300 + "2"))).entries
    assert max(len(one.key), len(two.key)) <= 255
    assert one.key != two.key


def test_a_guid_told_twice_is_one_article_and_said_so() -> None:
    feed = parse(rss(item(guid="1", title="First"), item(guid="1", title="Second")))
    assert only(feed).title == "First"
    assert "Repeated in the feed and taken once: 1 article." in feed.warnings


def test_a_guid_that_is_a_permalink_stands_in_for_the_link() -> None:
    article = only(parse(rss("<title>x</title><guid>https://news.example.org/x/</guid>")))
    assert article.link == "https://news.example.org/x/"


def test_a_link_of_another_kind_is_dropped() -> None:
    assert only(parse(rss(item(link="javascript:alert(1)")))).link == ""


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


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\x00" * 50, "empty"),
        (b"hello", "neither RSS nor Atom nor JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "neither RSS nor Atom nor JSON"),
        (b"<opml version='2.0'><body/></opml>", "OPML"),
        (b"<?xml version='1.0'?><urlset></urlset>", "sitemap"),
        (b"{", "damaged JSON"),
        (b"[" * 100_000, "damaged JSON"),
        (b'{"a": 1}', "neither a JSON Feed"),
        (b'{"code": "rest_no_route", "message": "No route was found"}', "No route was found"),
        (b"<html><head><title>x</title></head></html>", "names no feed"),
    ],
)
def test_what_is_no_feed_is_named(document: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFeed, match=sentence):
        parse(document)


def test_a_web_page_tells_which_feeds_it_has() -> None:
    page = b"""<!DOCTYPE html><html><head>
    <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
    <link href='/feed/' type='application/rss+xml' rel='alternate'>
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
    <link rel="stylesheet" href="/style.css"></head>"""
    with pytest.raises(UnreadableFeed, match=r"https://news\.example\.org/feed/") as caught:
        parse(page, url="https://news.example.org/about")
    assert caught.value.feeds == (
        "https://news.example.org/feed/",
        "https://news.example.org/comments/feed/",
    )


@pytest.mark.parametrize(
    ("encoding", "declared", "text"),
    [
        ("utf-8", "utf-8", "Ação № 5"),
        ("utf-8", "iso-8859-1", "Ação № 5"),
        ("iso-8859-1", "iso-8859-1", "Ação de graças"),
        ("iso-8859-1", "", "Ação de graças"),
        ("iso-8859-1", "utf-8", "Ação de graças"),
        ("cp1252", "iso-8859-1", "“Ação” – €"),
        ("cp1251", "windows-1251", "Паром ушёл"),
        ("cp1251", "", "Паром ушёл в девять часов утра, сообщает редакция портовой газеты"),
        ("gb18030", "gb2312", "渡轮九点离开"),
        ("shift_jis", "Shift_JIS", "フェリーは九時に出発"),
        ("utf-16", "utf-16", "Паром ушёл"),
        ("utf-16-le", "", "Паром ушёл"),
        ("utf-8-sig", "", "Ação № 5"),
        ("utf-8", "x-unknown", "Ação № 5"),
        ("iso-8859-1", "zlib", "Ação de graças"),
    ],
)
def test_characters_arrive_whatever_the_encoding_claims(
    encoding: str, declared: str, text: str
) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    document = declaration + rss(item(title=text)).decode()
    assert only(parse(document.encode(encoding))).title == text


def test_the_charset_of_the_header_helps_where_nothing_is_declared() -> None:
    document = rss(item(title="Паром")).decode().encode("koi8-r")
    assert only(parse(document, content_type="text/xml; charset=koi8-r")).title == "Паром"


def test_a_guessed_encoding_is_said() -> None:
    feed = parse(rss(item(title="Ação")).decode().encode("iso-8859-1"))
    assert any("encoding" in warning for warning in feed.warnings)


def test_one_broken_byte_does_not_spoil_the_others() -> None:
    document = rss(item(title="Ação № 5 ü ö ä")).replace("ü".encode(), b"\xfc")
    feed = parse(document)
    assert only(feed).title == "Ação № 5 � ö ä"
    assert "Some characters are damaged in the feed." in feed.warnings


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: b"\r\n\n" + document,
        lambda document: b'\n<?xml version="1.0"?>' + document,
        lambda document: b"<br />\n<b>Warning</b>: a message of PHP" + document,
        lambda document: document + b"\n<!-- cached by a plugin -->\n<script>x()</script>",
        lambda document: document.replace(b"Ferry", b"Fer\x10\x00ry"),
        lambda document: document.replace(b"<channel>", b"<channel><!-- <item> -->"),
        lambda document: document.replace(b" xmlns:media=", b" xmlns:unused="),
        lambda document: b"<!DOCTYPE rss [<!ENTITY copy '&#169;'>]>" + document,
        lambda document: (
            b'<!DOCTYPE rss [<!ENTITY % H PUBLIC "-//W3C//E" "http://x/">%H;]>' + document
        ),
    ],
)
def test_ordinary_damage_loses_nothing(spoil: object) -> None:
    document = spoil(rss(item(guid="1"), item(guid="2")))  # type: ignore[operator]
    assert [each.title for each in parse(document).entries] == ["Ferry", "Ferry"]


def test_a_feed_that_breaks_off_keeps_its_whole_articles() -> None:
    document = rss(item(guid="1"), item(guid="2"), item(guid="3", description="x" * 100))
    feed = parse(document[:-120])
    assert [each.guid for each in feed.entries] == ["1", "2"]
    assert any("breaks off" in warning for warning in feed.warnings)


def test_markup_without_escaping_keeps_its_words() -> None:
    article = only(parse(rss(item(description="<p>One <b>two</b> three</p>"))))
    assert "One" in article.excerpt
    assert "three" in article.excerpt


def test_an_empty_feed_is_a_feed() -> None:
    feed = parse(rss())
    assert (feed.entries, feed.warnings) == ((), ("The feed has no articles.",))


BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "declaration",
    [
        BOMB,
        b'<!DOCTYPE r [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE r [<!ENTITY c PUBLIC "x" "http://127.0.0.1/">]>',
        b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd">%p;]>',
        b'<!DOCTYPE r [<!ENTITY c "' + b"x" * 100_000 + b'">]>',
    ],
)
def test_entities_of_its_own_make_a_feed_refused(declaration: bytes) -> None:
    document = declaration + rss(item(title="&c;" * 1000))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFeed, match="entities"):
            parse(document)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * 1024 * 1024


def test_a_million_items_are_capped_and_said() -> None:
    items = "".join(f"<item><title>{n}</title></item>" for n in range(1500))
    document = rss().replace(b"</channel>", items.encode() + b"<item/>" * 1_000_000 + b"</channel>")
    feed = parse(document)
    assert len(feed.entries) == 1000
    assert any("more than 1000 articles" in warning for warning in feed.warnings)


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 100_000,
        "<![CDATA[" * 100_000,
        "<!--" * 100_000,
        "&" * 500_000,
        "<a " + "x='1' " * 100_000 + ">",
        "&lt;div&gt;" * 50_000,
    ],
)
def test_a_hostile_document_ends_quickly(inside: str) -> None:
    feed = feed_or_none(rss(item(description=inside)))
    assert feed is None or len(feed.entries) <= 1


PIECES = st.sampled_from(
    [
        *(b"<rss>", b"<channel>", b"<item>", b"</item>", b"<title>", b"</title>", b"<feed>"),
        *(b"<entry>", b"</entry>", b"<![CDATA[", b"]]>", b"&", b"&nbsp;", b"&#0;", b"<!--", b"-->"),
        *(
            b"<description>",
            b"</description>",
            b"<p>",
            b"\xff\xfe",
            b"\xc3",
            b"\x00",
            b"x ",
            b"\xe9",
        ),
        *(b'<?xml version="1.0" encoding="', b'utf-16"?>', b"<!DOCTYPE ", b"<link>", b"<guid>1"),
        *(b"<pubDate>Mon, 1 Jan 2024", b"</rss>", b"{", b'"items":', b"[", b"]", b"}", b'"'),
        *(
            b"<media:content url='//['/>",
            b"<enclosure url='http://[' type='image/x'/>",
            b"<link href=",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(PIECES, max_size=25).map(b"".join),
        st.lists(PIECES, max_size=25).map(lambda parts: b"<rss><channel>" + b"".join(parts)),
    )
)
def test_any_bytes_give_a_feed_or_a_sentence(document: bytes) -> None:
    feed = feed_or_none(document)
    articles = feed.entries if feed else ()
    assert all(each.title and 0 < len(each.key) <= 255 for each in articles)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["items", "title", "link", "url", "id", "tags", "authors", "content_html"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_any_json_gives_a_feed_or_a_sentence(value: object) -> None:
    for document in (value, {"items": [value]}, [{"title": value, "link": value}]):
        feed = feed_or_none(json.dumps(document).encode())
        assert feed is None or feed.kind == "json"
