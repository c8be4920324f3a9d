"""Feeds as found in the world, where they are at hand."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from newsletter.articles.clean import clean
from newsletter.articles.parse import ParsedArticle, ParsedFeed, UnreadableFeed, parse

HERE = Path(__file__).resolve()
PLACES = [Path(os.environ["REAL_FEEDS"])] if "REAL_FEEDS" in os.environ else []
PLACES += [parent / "shared" / "data" / "feeds" for parent in HERE.parents]
FOLDER = next((place for place in PLACES if place.is_dir()), None)

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="the collection of real feeds is not here (set REAL_FEEDS to its folder)"
)

COUNTS = {
    "atom-blogger.xml": 25,
    "atom-github-activity.xml": 30,
    "atom-jekyll-figures.xml": 10,
    "bad-bare-ampersand.xml": 15,
    "bad-control-char-dle.xml": 10,
    "bad-latin1-undeclared-uol.xml": 15,
    "bad-no-dates.xml": 10,
    "bad-no-guids.xml": 11,
    "bad-undefined-entity-nbsp.xml": 1,
    "enc-windows1251-ibash.xml": 50,
    "iria.xml": 1,
    "jsonfeed-daringfireball.json": 48,
    "rss-ghost-404media.xml": 15,
    "wp-ar-psrecord-main.xml": 10,
    "wp-atom-onefoottsunami-xmlbase.xml": 25,
    "wp-en-collectiveaction.xml": 10,
    "wp-en-foreignpolicy-excerpts.xml": 25,
    "wp-en-indianexpress-200-pixels.xml": 200,
    "wp-en-juliawise-figcaption.xml": 10,
    "wp-en-telescoper-wpcom.xml": 10,
    "wp-pt-apublica.xml": 10,
    "wp-ru-onino-gutenberg.xml": 4,
    "wp-zh-90cx.xml": 10,
    "wp-zh-shanzhuo-newline-before-decl.xml": 10,
    "wp-zh-totoyao-wpcom.xml": 10,
    "wpjson-embed-worona-category7.json": 5,
}


@cache
def feed(name: str) -> ParsedFeed:
    assert FOLDER is not None
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"{name} is not in the collection")
    return parse(file.read_bytes())


def images(name: str) -> list[tuple[str, str]]:
    return [(i.caption, i.credit) for each in feed(name).entries for i in each.images]


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_no_article_is_lost(name: str, count: int) -> None:
    entries = feed(name).entries
    assert len(entries) == count
    assert len({each.key for each in entries}) == count


@pytest.mark.parametrize("name", COUNTS)
def test_every_article_is_fit_to_print(name: str) -> None:
    for article in feed(name).entries:
        _is_fit_to_print(article)


def _is_fit_to_print(article: ParsedArticle) -> None:
    assert article.title
    assert len(article.excerpt) <= 300
    assert article.reading_minutes >= 1
    everything = f"{article.title} {article.excerpt} {article.content_html} {article.author}"
    assert "\ufffd" not in everything
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", everything)
    assert not re.search(r"&(amp;)?(nbsp|#\d+|amp|quot);", article.title + article.excerpt)
    assert "appeared first on" not in article.excerpt + article.content_html
    assert not re.search(r"\[(…|\.\.\.)\]$", article.excerpt)
    tags = "".join(re.findall("<[^>]*>", article.content_html))
    assert not re.search(r"<(script|style|iframe|form|div|h1)|\son\w+=|\sclass=", tags)
    assert not re.search(r'(src|href)="(?!https?:|mailto:)', tags)
    for image in (*article.images, *([article.image] if article.image else [])):
        assert image.url.startswith("http")
        assert "pixel.wp.com" not in image.url
    if article.image:
        assert "gravatar" not in article.image.url


@pytest.mark.parametrize("name", COUNTS)
def test_cleaned_articles_are_stable(name: str) -> None:
    for article in feed(name).entries:
        again = clean(article.content_html, base_url=article.link or "https://e.org/")
        assert again == article.content_html


@pytest.mark.parametrize(
    "name", [name for name in COUNTS if name not in ("bad-no-dates.xml", "bad-no-guids.xml")]
)
def test_every_article_has_a_date_and_a_link(name: str) -> None:
    assert all(each.published_at and each.link for each in feed(name).entries)


def test_iria_arrives_with_captions_and_credits() -> None:
    article = feed("iria.xml").entries[0]
    assert article.key == "https://www.ir-ia.com/?p=9000"
    assert article.categories == ("Europe", "News")
    assert (article.reading_minutes, article.comment_count) == (5, 0)
    assert [image.credit for image in article.images] == [
        "Turkish Foreign Ministry/via X",
        "Press Service of the Russian Ministry of Defense/via TASS",
        "X/@ZelenskyyUa",
    ]
    assert all(i.caption.endswith(".") and i.alt and i.width == 1024 for i in article.images)
    assert article.image == article.images[0]
    assert article.content_html.count("<h2>") == 4
    assert article.content_html.count("<figcaption>") == 3
    assert article.excerpt.endswith("since the onset of the war in 2022.")
    assert article.lead.startswith(article.excerpt)


def test_credits_beside_the_image_are_found() -> None:
    found = images("wp-pt-apublica.xml")
    assert sum(1 for caption, credit in found if caption and credit) >= 15
    assert "José Cícero da Silva/Agência Pública" in {credit for _caption, credit in found}
    assert "Reprodução Youtube" in {credit for _caption, credit in found}


def test_a_caption_that_is_only_a_credit_becomes_one() -> None:
    assert ("", "Savannah Kuang") in images("wp-en-collectiveaction.xml")
    assert ("Tech Workers Coalition", "") in images("wp-en-collectiveaction.xml")


def test_a_credit_with_brackets_inside_stays_whole() -> None:
    credits = [credit for _caption, credit in images("rss-ghost-404media.xml") if credit]
    assert any(credit.startswith("Diego H. (left and right)") for credit in credits)


def test_several_authors_in_one_field_are_readable() -> None:
    first = feed("wp-en-collectiveaction.xml").entries[0]
    assert first.author.endswith("Collective Action School and Data & Society")


def test_internal_categories_of_a_newsroom_stay_inside() -> None:
    entries = feed("wp-en-foreignpolicy-excerpts.xml").entries
    names = {name for each in entries for name in each.categories}
    assert "U.S. Foreign Policy" in names
    assert not any("_" in name or name.startswith("Post to") for name in names)
    assert all(each.image for each in entries)


def test_a_feed_of_pixels_still_has_its_pictures() -> None:
    entries = feed("wp-en-indianexpress-200-pixels.xml").entries
    assert all(each.content_html == "" and each.excerpt == "" for each in entries)
    assert sum(1 for each in entries if each.image) >= 190
    assert feed("wp-en-indianexpress-200-pixels.xml").hub_url


def test_undeclared_latin_1_and_portuguese_dates() -> None:
    uol = feed("bad-latin1-undeclared-uol.xml")
    assert uol.entries[0].title.endswith("simulações de 2º turno")
    assert str(uol.entries[0].published_at) == "2018-09-24 22:42:40+00:00"
    assert any("encoding" in warning for warning in uol.warnings)


def test_windows_1251_is_read() -> None:
    assert feed("enc-windows1251-ibash.xml").entries[0].title == "Цитата #16099"


def test_a_chinese_blog_that_claims_english_is_chinese() -> None:
    languages = {each.language for each in feed("wp-zh-totoyao-wpcom.xml").entries}
    assert "zh" in languages


def test_chinese_excerpts_do_not_end_in_continue_reading() -> None:
    for name in ("wp-zh-90cx.xml", "wp-zh-shanzhuo-newline-before-decl.xml"):
        assert not any(
            "继续阅读" in e.excerpt or "查看全文" in e.excerpt for e in feed(name).entries
        )


def test_bodies_that_are_only_an_address_are_links() -> None:
    entries = feed("wp-ar-psrecord-main.xml").entries
    assert all(
        each.excerpt == "" and each.content_html.startswith("<p><a href=") for each in entries
    )
    assert all(each.language == "ar" for each in entries)


def test_a_description_null_is_no_text() -> None:
    entries = feed("bad-bare-ampersand.xml").entries
    assert any("measure user flows" in e.title and e.content_html == "" for e in entries)
    assert any("&" in each.title for each in entries)


def test_missing_dates_and_identifiers_are_told() -> None:
    assert any("date" in warning for warning in feed("bad-no-dates.xml").warnings)
    assert any("identifier" in warning for warning in feed("bad-no-guids.xml").warnings)


def test_the_wordpress_interface_gives_featured_images() -> None:
    entries = feed("wpjson-embed-worona-category7.json").entries
    assert all(each.image and each.image.width and each.author for each in entries)


def test_a_link_blog_keeps_the_images_of_its_own_site() -> None:
    entries = feed("wp-atom-onefoottsunami-xmlbase.xml").entries
    pictures = [image.url for each in entries for image in each.images]
    assert pictures
    assert not any("nytimes" in url for url in pictures)


def test_zero_bytes_are_no_feed() -> None:
    with pytest.raises(UnreadableFeed, match="empty"):
        feed("bad-empty-0-bytes.xml")
