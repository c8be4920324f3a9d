"""Cleaning the HTML of articles."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.articles.clean import clean

BASE = "https://news.example.org/2026/harbour/"


def cleaned(markup: str) -> str:
    return clean(markup, base_url=BASE)


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script><p>x</p>",
        "<p onclick=alert(1)>x</p>",
        '<p><a href="javascript:alert(1)">x</a></p>',
        '<p><a href="JaVa\nScript:alert(1)">x</a></p>',
        '<p><a href="data:text/html,<script>alert(1)</script>">x</a></p>',
        "<style>p{background:url(//evil.example.net)}</style><p style='color:red'>x</p>",
        "<svg onload=alert(1)><script>alert(1)</script></svg><p>x</p>",
        "<p>x</p><math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table>x",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>x",
        "<form action=//evil.example.net><input name=q><button>go</button></form><p>x</p>",
        "<template><script>alert(1)</script></template><p>x</p>",
        "<p>x</p><object data=evil.swf></object><base href='//evil.example.net/'>",
        '<p>x<img src="data:image/svg+xml,<svg onload=alert(1)>"></p>',
    ],
)
def test_nothing_active_survives(markup: str) -> None:
    result = cleaned(markup)
    assert "x" in result
    tags = " ".join(re.findall("<[^>]*>", result))
    assert not re.search(r"script|alert|\son\w+=|style|svg|form|input|object|base|data:", tags)


def test_braces_of_a_template_language_stay_literal() -> None:
    assert cleaned("<p>{{ 7*7 }} {% raw %}</p>") == "<p>{{ 7*7 }} {% raw %}</p>"


def test_what_an_article_is_made_of_stays() -> None:
    markup = (
        "<h2>Head</h2><p>One <em>two</em> <strong>three</strong> H<sub>2</sub>O x<sup>2</sup></p>"
        "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol><blockquote><p>said</p></blockquote>"
        "<pre><code>a  b\n c</code></pre><hr>"
        '<table><tbody><tr><th scope="row">k</th><td colspan="2">v</td></tr></tbody></table>'
    )
    assert cleaned(markup) == markup


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<h1>a</h1><h2>b</h2><h3>c</h3>", "<h2>a</h2><h3>b</h3><h4>c</h4>"),
        ("<h3>a</h3><h4>b</h4>", "<h2>a</h2><h3>b</h3>"),
        ("<h2>a</h2><h5>b</h5>", "<h2>a</h2><h5>b</h5>"),
        ("<h1> </h1><h3>a</h3>", "<h2>a</h2>"),
    ],
)
def test_headings_begin_at_the_second_level(markup: str, expected: str) -> None:
    assert cleaned(markup) == expected


def test_relative_addresses_become_absolute() -> None:
    result = cleaned('<p><a href="../ferry/">f</a> <a href="//other.example.net/x">o</a></p>')
    assert 'href="https://news.example.org/2026/ferry/"' in result
    assert 'href="https://other.example.net/x"' in result


def test_a_footnote_leads_to_the_article() -> None:
    assert f'href="{BASE}#note-1"' in cleaned('<p>x<a href="#note-1">1</a></p>')


@pytest.mark.parametrize(
    "image",
    [
        '<img src="data:image/gif;base64,R0lGOD" data-src="/a.jpg">',
        '<img src="/blank.gif" data-lazy-src="/a.jpg">',
        '<img data-original="/a.jpg">',
        '<img srcset="/s.jpg 300w, /a.jpg 1024w, /huge.jpg 4000w">',
        '<img src="/placeholder.png"><noscript><img src="/a.jpg"></noscript>',
        '<picture><source srcset="/a.webp"><img src="/a.jpg"></picture>',
    ],
)
def test_lazy_images_get_their_real_address(image: str) -> None:
    result = cleaned(f"<p>Text {image}</p>")
    assert re.findall(r'src="([^"]*)"', result) == ["https://news.example.org/a.jpg"]


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://cdn.example.net/x.gif" width="1" height="1">',
        '<img src="https://pixel.wp.com/b.gif?host=example.org&blog=1">',
        '<img src="https://feeds.feedburner.com/~r/example/~4/abc">',
        '<img src="https://stats.example.org/matomo.php?idsite=1">',
        '<img src="">',
        '<img src="javascript:alert(1)">',
    ],
)
def test_counters_and_dead_images_are_dropped(image: str) -> None:
    assert cleaned(f"<p>Text</p><p>{image}</p>") == "<p>Text</p>"


def test_an_emoji_image_becomes_its_character() -> None:
    emoji = (
        '<img src="https://s.w.org/images/core/emoji/2/72x72/1f600.png" alt="😀" class="wp-smiley">'
    )
    assert cleaned(f"<p>Well {emoji}</p>") == "<p>Well 😀</p>"


def test_size_and_alt_text_of_an_image_stay() -> None:
    markup = '<p><img src="/a.jpg" alt="A &quot;boat&quot;" width="640px" height="100%"></p>'
    result = cleaned(markup)
    assert 'alt="A &quot;boat&quot;"' in result
    assert 'width="640"' in result
    assert "height" not in result


def test_an_embedded_video_becomes_a_link_to_its_page() -> None:
    player = (
        '<iframe src="https://www.youtube.com/embed/abcdefghijk?rel=0" title="Harbour"></iframe>'
    )
    assert cleaned(player) == (
        '<p><a href="https://www.youtube.com/watch?v=abcdefghijk">Harbour</a></p>'
    )


def test_another_player_becomes_a_link_to_its_address() -> None:
    result = cleaned('<div><video controls><source src="/film.mp4">no video</video></div>')
    assert (
        result == '<p><a href="https://news.example.org/film.mp4">news.example.org/film.mp4</a></p>'
    )


def test_loose_text_and_line_breaks_become_paragraphs() -> None:
    assert cleaned("one<br><br>two<br>three<div>four</div>five") == (
        "<p>one</p><p>two<br>three</p><p>four</p><p>five</p>"
    )


def test_boxes_vanish_and_their_direction_stays() -> None:
    result = cleaned('<div dir="rtl" lang="ar"><div class="x"><p>سلام</p></div></div>')
    assert result == '<p dir="rtl" lang="ar">سلام</p>'


def test_empty_paragraphs_are_dropped() -> None:
    assert cleaned("<p>a</p><p>&nbsp;</p><p><br></p><p><strong> </strong></p><p>b</p>") == (
        "<p>a</p><p>b</p>"
    )


def test_classes_and_ids_of_the_editor_are_dropped() -> None:
    assert cleaned('<p class="wp-block-paragraph" id="p1" style="x">a</p>') == "<p>a</p>"


@pytest.mark.parametrize(
    "footer",
    [
        '<p>The post <a href="https://e.org/a">A</a> appeared first on <a href="https://e.org">E</a>.</p>',
        '<p>Der Beitrag <a href="https://e.org/a">A</a> erschien zuerst auf <a href="https://e.org">E</a>.</p>',
        '<p>La entrada <a href="https://e.org/a">A</a> se publicó primero en <a href="https://e.org">E</a>.</p>',
        '<p>Сообщение <a href="https://e.org/a">A</a> появились сначала на <a href="https://e.org">E</a>.</p>',
        '<hr><p><a href="https://e.org/a">Continue reading →</a></p>',
        '<p><a href="https://e.org/a">∞ Permalink</a></p>',
        '<div class="sharedaddy"><h3>Share this:</h3><ul><li>X</li></ul></div>',
    ],
)
def test_footers_of_publishing_systems_are_dropped_even_twice(footer: str) -> None:
    assert cleaned("<p>Body.</p>" + footer + footer) == "<p>Body.</p>"


def test_a_sentence_about_first_appearing_stays_in_the_text() -> None:
    markup = (
        '<p>The ship appeared first on <a href="https://e.org/">radar</a>.</p><p>Then it left.</p>'
    )
    assert cleaned(markup) == markup


def test_the_mark_of_a_cut_becomes_an_ellipsis() -> None:
    assert cleaned("<p>The ferry left and [&#8230;]</p>") == "<p>The ferry left and…</p>"


def test_plain_text_becomes_paragraphs() -> None:
    assert cleaned("One & two < three\n\nFour\nfive") == (
        "<p>One &amp; two &lt; three</p><p>Four<br>five</p>"
    )


def test_a_body_that_is_only_an_address_becomes_a_link() -> None:
    assert cleaned("https://e.org/a?b=1&c=2") == (
        '<p><a href="https://e.org/a?b=1&amp;c=2">https://e.org/a?b=1&amp;c=2</a></p>'
    )


def test_the_old_caption_shortcode_becomes_a_figure() -> None:
    result = cleaned('[caption id="a" width="300"]<img src="/a.jpg"> A boat[/caption]<p>x</p>')
    assert "<figcaption>A boat</figcaption></figure>" in result
    assert "[caption" not in result


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 20_000 + "words",
        "<b><p>" * 20_000 + "words",
        "".join(f"<font color=c{n}>" for n in range(250)) + "<p>words" * 10_000,
        "<table>" * 20_000 + "words",
        "<a" * 50_000 + " words",
    ],
)
def test_markup_made_to_exhaust_the_parser_keeps_only_its_words(markup: str) -> None:
    assert "words" in cleaned(markup)


FRAGMENTS = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<div>",
            "</div>",
            "<h1>",
            "</h1>",
            "<h4>",
            "</h4>",
            "<br>",
            "<b>",
            "</b>",
        ),
        *("<a href='/x'>", "</a>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "</table>"),
        *("<pre>", "\n", "</pre>", "<figure>", "</figure>", "<figcaption>", "</figcaption>"),
        *("<img src='/a.jpg'>", "<img data-src='b.png' class='emoji' alt='x'>", "<noscript>"),
        *("</noscript>", "<blockquote>", "</blockquote>", "<span dir=rtl>", "</span>", "<hr>"),
        *("<iframe src='//v.example.org/1'></iframe>", "<div class='wp-caption'>", "<cite>"),
        *("<p class='wp-caption-text'>", "text ", "&amp;", "&lt;b&gt;", "&nbsp;", " ", "[…]", "é"),
        *("<svg>", "<math>", "<style>", "<select>", "<template>", "<!--", "-->", "<", "appeared"),
        *("https://e.org/a", "<p>The post <a href='/'>A</a> appeared first on B.</p>"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_cleaning_twice_changes_nothing(markup: str) -> None:
    once = cleaned(markup)
    assert cleaned(once) == once


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_cleaned_and_stays_clean(text: str) -> None:
    once = cleaned(text)
    assert cleaned(once) == once
    assert not re.search(r"<(script|style|iframe|form)", once, re.IGNORECASE)
