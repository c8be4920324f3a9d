"""The text of an article within a mail, as HTML and plain."""

import re

from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.clean import clean
from newsletter.digests.body import COLUMN, body_html, picture_size
from newsletter.digests.plain_body import Links, plain_body

PICTURE = "https://paper.example.org/a.jpg"
FIGURE = (
    f'<figure><img src="{PICTURE}" alt="A quay" width="1200" height="675">'
    "<figcaption>The quay. (Image Credit: Desk)</figcaption></figure>"
)


def plain(html: str) -> tuple[str, list[str]]:
    links = Links()
    return plain_body(body_html(html), links=links), links.addresses


def test_headings_step_down_below_the_title() -> None:
    assert body_html("<h2>A</h2><h3>B</h3><h6>C</h6>") == "<h3>A</h3><h4>B</h4><h6>C</h6>"


def test_pictures_fit_the_column_and_keep_their_ratio() -> None:
    html = body_html(FIGURE)
    assert f'width="{COLUMN}"' in html
    assert 'height="320"' in html
    assert 'alt="A quay"' in html
    assert picture_size(300, 200, COLUMN) == (300, 200)
    assert picture_size(None, None, COLUMN) == (COLUMN, None)


def test_a_figure_becomes_a_block_with_its_caption() -> None:
    html = body_html(FIGURE)
    assert "figure" not in html
    assert '<div class="cap">The quay. (Image Credit: Desk)</div>' in html


def test_the_picture_shown_above_is_not_shown_twice() -> None:
    small = FIGURE.replace("a.jpg", "a-300x200.jpg")
    assert body_html(f"<p>x</p>{small}", shown_above=PICTURE) == "<p>x</p>"
    linked = f'<p><a href="{PICTURE}"><img src="{PICTURE}" alt=""></a></p><p>y</p>'
    assert body_html(linked, shown_above=PICTURE) == "<p>y</p>"


def test_another_figure_stays_beside_the_one_shown_above() -> None:
    other = FIGURE.replace("a.jpg", "b.jpg")
    assert "b.jpg" in body_html(FIGURE + other, shown_above=PICTURE)


def test_a_quotation_in_a_figure_stays() -> None:
    quote = "<figure><blockquote><p>Well said</p></blockquote></figure>"
    assert "Well said" in body_html(quote, shown_above=PICTURE)


def test_relative_addresses_do_not_reach_a_mail() -> None:
    assert body_html('<p><a href="/x">x</a><img src="/y.jpg" alt=""></p>') == "<p>x</p>"


def test_plain_text_numbers_each_address_once() -> None:
    text, links = plain(
        '<p><a href="https://a.example/">A</a>, <a href="https://b.example/">B</a>, '
        '<a href="https://a.example/">again</a></p>'
    )
    assert text == "A [1], B [2], again [1]"
    assert links == ["https://a.example/", "https://b.example/"]


def test_plain_text_keeps_the_shape_of_the_article() -> None:
    text, _ = plain(
        "<p>One<br>two</p><h2>Head</h2><ul><li>a</li><li><p>b</p><ul><li>n</li></ul></li></ul>"
        "<ol><li>c</li></ol><blockquote><p>Said</p></blockquote>"
        "<table><tr><th>k</th><td>v</td></tr><tr><td>l</td><td>w</td></tr></table><pre>x\n  y</pre>"
    )
    assert text == (
        "One\ntwo\n\nHead\n----\n\n- a\n- b\n  - n\n\n1. c\n\n> Said\n\nk | v\nl | w\n\nx\n  y"
    )


@given(st.text(alphabet=st.sampled_from("ab <>/&\"'{}="), max_size=60), st.booleans())
def test_any_cleaned_body_can_be_shaped(text: str, in_paragraph: bool) -> None:
    html = clean(f"<p>{text}</p>" if in_paragraph else text, base_url="https://e.example/")
    words, links = plain(html)
    assert sorted(set(links)) == sorted(set(re.findall(r'href="([^"]+)"', body_html(html))))
    assert words == words.strip("\n")
