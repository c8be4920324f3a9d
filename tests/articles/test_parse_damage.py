"""Damaged and hostile documents: nothing whole is lost, and nothing takes long."""

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.articles.parse import ParsedFeed, UnreadableFeed, parse
from tests.articles.documents import item, only, rss


def feed_or_none(document: bytes) -> ParsedFeed | None:
    """Read a feed; a refusal counts, any other exception fails the test."""
    try:
        return parse(document, url="https://news.example.org/feed")
    except UnreadableFeed:
        return None


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
