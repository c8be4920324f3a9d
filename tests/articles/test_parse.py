"""Reading feeds of every kind, whole and broken."""

from datetime import UTC, datetime

import pytest

from newsletter.articles.parse import parse
from tests.articles.documents import item, only, rss


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


@pytest.mark.parametrize("inside", [True, False], ids=["inside its picture", "after it"])
def test_the_caption_of_the_feeds_picture_is_not_taken_for_the_article(inside: bool) -> None:
    words = (
        "<media:credit role='photographer'>Rui Costa</media:credit>"
        "<media:description type='html'>The &lt;b&gt;quay&lt;/b&gt; at dawn</media:description>"
    )
    picture = '<media:content medium="image" url="https://news.example.org/quay.jpg">'
    media = f"{picture}{words}</media:content>" if inside else f"{picture}</media:content>{words}"
    article = only(parse(rss(item(description="Two boats left.") + media)))
    assert (article.excerpt, article.content_html) == (
        "Two boats left.",
        "<p>Two boats left.</p>",
    )
    assert article.image is not None
    assert (article.image.caption, article.image.credit) == ("The quay at dawn", "Rui Costa")


def test_the_credit_of_another_medium_is_not_the_pictures() -> None:
    media = (
        '<media:content medium="video" url="https://news.example.org/film.mp4">'
        "<media:credit>Film Studio</media:credit></media:content>"
        '<media:content medium="image" url="https://news.example.org/quay.jpg"/>'
    )
    article = only(parse(rss(item(description="Two boats left.") + media)))
    assert article.image is not None
    assert (article.image.url, article.image.credit) == ("https://news.example.org/quay.jpg", "")


def test_a_film_is_described_by_the_words_beside_it() -> None:
    group = (
        "<media:group><media:content url='https://film.example.org/v/1' type='video/mp4'/>"
        "<media:description>How a ferry turns.</media:description></media:group>"
    )
    assert only(parse(rss(item() + group))).excerpt == "How a ferry turns."


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
