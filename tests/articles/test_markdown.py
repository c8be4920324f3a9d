"""Markdown that staff type becomes the clean HTML that feeds become."""

import pytest

from newsletter.articles.compose_written import compose_written, preview_of, text_of_written
from newsletter.articles.models import Picture
from newsletter.articles.written import (
    PlacedPicture,
    UnusableText,
    Written,
    check_complete,
    checked,
)

FILE = "ab" * 32 + ".jpg"
SOURCE = f"http://localhost/pictures/{FILE}"

pytestmark = pytest.mark.usefixtures("app")


def picture(**words: str) -> PlacedPicture:
    stored = Picture(id=7, source_url=SOURCE, file=FILE, width=1200, height=675)
    return PlacedPicture(picture=stored, **words)


def html(body: str, *pictures: PlacedPicture) -> str:
    return text_of_written(Written(body=body, pictures=pictures))


def test_headings_begin_below_that_of_the_page() -> None:
    assert html("# Rivers\n\n## Delta\n\nIt *flows*.") == (
        "<h2>Rivers</h2><h3>Delta</h3><p>It <em>flows</em>.</p>"
    )


def test_tables_lists_and_struck_words_are_kept() -> None:
    text = html("| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- ~~two~~")
    assert "<td>1</td>" in text
    assert "<li><s>two</s></li>" in text


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "![x](data:image/svg+xml;base64,AAAA)",
        '<a href="https://example.org" onclick="x">y</a>',
    ],
)
def test_nothing_that_is_typed_runs(typed: str) -> None:
    text = html(f"Before.\n\n{typed}")
    assert text.startswith("<p>Before.</p>")
    assert not any(sign in text for sign in ("<script", "<img", 'href="javascript', "<a "))


def test_a_picture_on_its_own_line_is_a_figure_with_caption_and_credit() -> None:
    one = picture(alt="A quay", caption="At dawn.", credit="Rui Example")
    text = html("Words.\n\n![](picture:1)\n\nMore.", one)
    assert (
        f'<figure><img alt="A quay" src="{SOURCE}"><figcaption>At dawn. '
        "(<cite>Rui Example</cite>)</figcaption></figure>"
    ) in text


def test_an_article_has_all_that_a_feeds_entry_has() -> None:
    one = picture(alt="A quay", caption="At dawn.", credit="Rui Example")
    body = "The river rose by a metre overnight. Nobody was hurt.\n\n![The quay](picture:1)"
    written = Written(title="Rivers", author="Noor Valestri", body=body, pictures=(one,))
    entry = compose_written(written, key="k", language="en")
    assert entry.excerpt == "The river rose by a metre overnight. Nobody was hurt."
    assert (entry.reading_minutes, entry.language, entry.link) == (1, "en", "")
    assert entry.image is not None
    assert (entry.image.caption, entry.image.credit) == ("At dawn.", "Rui Example")
    assert entry.images[0].alt == "The quay"


def test_the_picture_that_was_chosen_leads_and_else_the_first_uploaded() -> None:
    other = Picture(id=8, source_url=SOURCE.replace("ab", "cd"), file="x", width=900, height=600)
    chosen = PlacedPicture(picture=other, number=2, leads=True)
    written = Written(body="![](picture:1)", pictures=(picture(), chosen))
    first = compose_written(written, key="k", language="en").image
    assert first is not None
    assert first.url == other.source_url
    alone = compose_written(Written(body="x", pictures=(picture(),)), key="k", language="en").image
    assert alone is not None
    assert alone.url == SOURCE


def test_a_preview_shows_pictures_from_where_they_lie() -> None:
    assert f'src="/pictures/{FILE}"' in preview_of(
        Written(body="![](picture:1)", pictures=(picture(),))
    )


def test_what_is_too_long_is_said_by_field() -> None:
    with pytest.raises(UnusableText) as refusal:
        checked(Written(title="x" * 301, standfirst="y" * 301, body="z"))
    assert set(refusal.value.problems) == {"title", "standfirst"}


def test_only_what_has_headline_and_text_is_published() -> None:
    with pytest.raises(UnusableText) as refusal:
        check_complete(checked(Written(title=" \n", body="  ")))
    assert set(refusal.value.problems) == {"title", "body"}


def test_characters_that_no_database_keeps_are_left_out() -> None:
    found = checked(Written(title="Ri\x00vers\nrise", body="a\x00b\r\n\r\nc\ud800"))
    assert (found.title, found.body) == ("Rivers rise", "ab\n\nc")
