"""A digest as mail: both parts, their links, their size and their manners."""

import re
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsletter.articles.models import PictureState
from newsletter.digests.budget import BUDGET
from newsletter.digests.models import Treatment
from newsletter.mail.message import Placeholder, compile_message
from newsletter.publications.models import Cadence
from tests.digests.rendering import (
    EXCERPT,
    FULL,
    HEADLINE,
    MARKERS,
    PARAGRAPH,
    Render,
    article,
    html_links,
    paper,
    text_links,
    tree,
)
from tests.digests.rendering import render as render
from tests.factories import NOW, article_picture


def test_a_front_page_has_lead_excerpts_and_headlines(render: Render) -> None:
    mail = render((article(1), EXCERPT), (article(2), EXCERPT), (article(3), HEADLINE))
    page = tree(mail.html)
    assert [node.text() for node in page.css("h1")] == ["Paper"]
    assert [node.text() for node in page.css("h2")] == ["Headline 1", "Headline 2", "Headline 3"]
    assert "Europe · News" in mail.html
    told = mail.html.replace("&nbsp;", " ")  # each fact keeps its own line whole
    assert "Monday, March 2, 2026 · Weekly digest" in told
    assert "A. Writer · March 2, 2026 · 5 minute read" in told
    assert "Excerpt 2." in mail.html
    assert "Excerpt 3." not in mail.html
    assert mail.subject == "Headline 1 and 2 more"


def test_a_digest_sent_before_its_hour_bears_the_day_of_its_sending(render: Render) -> None:
    mail = render((article(), EXCERPT), published_at=NOW - timedelta(hours=20))
    for part in (mail.html.replace("&nbsp;", " "), mail.text):
        assert "Sunday, March 1, 2026" in part
        assert "Monday, March 2, 2026" not in part


def test_full_text_carries_sections_picture_caption_and_comments(render: Render) -> None:
    mail = render((article(), FULL), cadence=Cadence.INSTANT)
    page = tree(mail.html)
    assert [node.text() for node in page.css("h3")] == ["Part"]
    assert "Caption 1. Image: Desk" in mail.html
    assert "Caption 1. Image: Desk" in mail.text
    assert "2 comments" in mail.html
    assert "this [1]" in mail.text


def test_parts_of_the_plain_text_stand_one_blank_line_apart(render: Render) -> None:
    bare = {"content_html": "<p>Text.</p>", "comments_url": ""}
    mail = render((article(1, **bare), FULL), (article(2), FULL), (article(3), HEADLINE))
    assert "\n\n\n" not in mail.text
    assert "Text.\n\n====" in mail.text


def test_the_footer_says_why_and_how_to_leave(render: Render) -> None:
    mail = render((article(), EXCERPT))
    for part in (unescape(mail.html), " ".join(mail.text.split())):
        assert "You get this because you subscribed to Paper. It comes once a week" in part
        assert "1 Sample Street" in part
        assert "© 2026 Paper" in part
        assert "Unsubscribe" in part
        assert "View on the web" in part


@pytest.mark.parametrize("treatment", Treatment)
def test_both_parts_have_the_same_links(render: Render, treatment: Treatment) -> None:
    mail = render((article(1), treatment), (article(2), treatment), (article(3), HEADLINE))
    assert html_links(mail.html) == text_links(mail.text)


def test_links_are_absolute_also_where_the_site_gave_none(render: Render) -> None:
    mail = render((article(link=""), EXCERPT))
    assert "http://localhost/articles/article-1" in html_links(mail.html)
    assert html_links(mail.html) == text_links(mail.text)


def test_markers_survive_and_compile(render: Render) -> None:
    mail = render((article(1), FULL), (article(2), EXCERPT))
    links = html_links(mail.html)
    for placeholder in (Placeholder.UNSUBSCRIBE_URL, Placeholder.PREFERENCES_URL):
        assert MARKERS.marker(placeholder) in links
        assert mail.text.count(MARKERS.marker(placeholder)) == 1
    message = compile_message(headers=[], text=mail.text, html=mail.html, markers=MARKERS)
    assert message.placeholders == {Placeholder.UNSUBSCRIBE_URL, Placeholder.PREFERENCES_URL}


def test_braces_and_markup_in_titles_stay_literal(render: Render) -> None:
    title = "{{ 7 * 7 }} {% raw %} <b>50 %</b> & <mj-text>"
    mail = render((article(title=title, content_html="<p>{{ x }} {% y %}</p>"), FULL))
    assert tree(mail.html).css_first("h2").text() == title
    assert "{{ x }} {% y %}" in mail.html
    assert title in mail.text
    assert "{{ x }} {% y %}" in mail.text


def test_pictures_have_size_and_alternative_text_and_no_third_party_host(render: Render) -> None:
    mail = render((article(1), FULL), (article(2), EXCERPT), (article(3, pictures=[]), EXCERPT))
    pictures = tree(mail.html).css("img")
    assert [picture.attributes["alt"] for picture in pictures] == ["Picture 1", "Picture 2"]
    assert all({"width", "height"} <= picture.attributes.keys() for picture in pictures)
    loaded = re.findall(r'(?:src|background)="(https?://[^"]+)|url\(|@import|<link', mail.html)
    whole, beside = (article(number).pictures[0].picture for number in (1, 2))
    names = [whole.file, beside.narrow_file]
    assert loaded == [f"http://localhost/pictures/{name}" for name in names]


def test_a_picture_that_we_lack_is_left_out_with_its_caption(render: Render) -> None:
    body = (
        '<figure><img src="https://paper.example.org/b.jpg" alt=""><figcaption>Ours</figcaption>'
        '</figure><figure><img src="https://paper.example.org/c.jpg" alt=""><figcaption>Not here'
        "</figcaption></figure><p>Text.</p>"
    )
    lacking = {"state": PictureState.REFUSED, "reason": "The server answered 404."}
    pictures = [
        article_picture("https://paper.example.org/a.jpg"),
        article_picture("https://paper.example.org/b.jpg", place=1),
        article_picture("https://paper.example.org/c.jpg", place=2, picture=lacking),
    ]
    mail = render((article(content_html=body, pictures=pictures), FULL))
    sources = [picture.attributes["src"] or "" for picture in tree(mail.html).css("img")]
    assert [source.rpartition("/")[2] for source in sources] == [
        one.picture.file for one in pictures[:2]
    ]
    for part in (mail.html, mail.text):
        assert "Ours" in part
        assert "Not here" not in part


def test_no_content_is_hidden(render: Render) -> None:
    mail = render((article(), EXCERPT))
    assert not re.search(r"display:\s*none|visibility:\s*hidden|opacity:\s*0", mail.html)


def test_layout_tables_say_that_they_are_layout(render: Render) -> None:
    mail = render((article(1), EXCERPT), (article(2), EXCERPT))
    tables = tree(mail.html).css("table")
    assert tables
    assert all(table.attributes.get("role") == "presentation" for table in tables)


def test_arabic_reads_from_the_right(render: Render) -> None:
    mail = render((article(language="ar", title="عنوان"), FULL), language="ar")
    wrapper = tree(mail.html).css_first("[role=main]")
    assert wrapper.attributes["dir"] == "rtl"
    assert wrapper.attributes["lang"] == "ar"
    assert "direction:ltr" not in mail.html
    cells = tree(mail.html).css("td[align] > div")
    assert all("text-align:right" in (cell.attributes["style"] or "") for cell in cells)


def test_words_that_arabic_lacks_keep_their_own_direction(render: Render) -> None:
    told = article(language="ar", comments_url="https://paper.example.org/1/#c", comment_count=2)
    mail = tree(render((told, FULL), language="ar").html)
    (comments,) = (node for node in mail.css("a") if node.text() == "2 comments")
    assert comments.attributes["dir"] == "auto"
    assert mail.css_first(".pre span").attributes["dir"] == "auto"


def test_an_article_in_another_language_says_so(render: Render) -> None:
    mail = render((article(language="he"), EXCERPT), (article(2, language="en-US"), EXCERPT))
    assert [node.attributes["dir"] for node in tree(mail.html).css("[lang=he]")] == ["rtl"]
    assert not tree(mail.html).css("[lang=en-US]")


def test_what_we_say_of_an_article_in_another_script_keeps_its_own_direction(
    render: Render,
) -> None:
    mail = render((article(language="he", author="דוד"), EXCERPT))
    facts, read_on = [tree(mail.html).css_first(f"[lang=he] {name}") for name in (".facts", ".on")]
    for node in (facts, read_on):
        assert (node.attributes["lang"], node.attributes["dir"]) == ("en", "ltr")
    told = "\u2068דוד\u2069 · \u2068March 2, 2026\u2069 · \u20685 minute read\u2069"
    assert facts.text().replace("\xa0", " ") == told
    assert told in mail.text


def test_a_date_begins_with_a_capital_letter_where_it_begins_the_line(render: Render) -> None:
    mail = render((article(), EXCERPT), language="uk")
    assert "Понеділок, 2 березня 2026" in mail.text


def test_a_logo_stands_for_the_name_unless_it_is_svg(render: Render) -> None:
    mail = render((article(), EXCERPT), publication=paper(logo="/static/brand/paper.png"))
    logo = tree(mail.html).css_first("h1 img")
    assert logo.attributes["src"] == "http://localhost/static/brand/paper.png"
    assert logo.attributes["alt"] == "Paper"
    mail = render((article(), EXCERPT), publication=paper(logo="/static/brand/paper.svg"))
    assert tree(mail.html).css_first("h1").text() == "Paper"


def test_plain_text_is_wrapped(render: Render) -> None:
    mail = render((article(1), FULL), (article(2, excerpt="word " * 60), EXCERPT))
    long = [line for line in mail.text.splitlines() if len(line) > 72 and "://" not in line]
    assert long == []


def test_forty_long_articles_fit_and_the_footer_is_whole(render: Render) -> None:
    articles = [article(number, content_html=PARAGRAPH * 30) for number in range(40)]
    mail = render(*[(each, FULL) for each in articles])
    assert len(mail.html.encode()) <= BUDGET
    assert mail.shown == 40
    assert mail.treatments[0] is not HEADLINE
    assert mail.treatments[-1] is not FULL
    assert html_links(mail.html) == text_links(mail.text)
    assert MARKERS.marker(Placeholder.UNSUBSCRIBE_URL) in mail.html
    assert "© 2026 Paper" in mail.html


def test_headlines_that_do_not_fit_are_counted_and_linked(render: Render) -> None:
    mail = render(*[(article(number), HEADLINE) for number in range(300)])
    left = f"{300 - mail.shown} more headlines on the web"
    assert len(mail.html.encode()) <= BUDGET
    assert 100 < mail.shown < 300
    assert left in mail.html
    assert left in mail.text
    assert html_links(mail.html) == text_links(mail.text)


@given(st.lists(st.integers(1, 120), min_size=1, max_size=25))
@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_articles_of_any_length_fit(render: Render, lengths: list[int]) -> None:
    mail = render(
        *[(article(n, content_html=PARAGRAPH * length), FULL) for n, length in enumerate(lengths)]
    )
    assert len(mail.html.encode()) <= BUDGET
    assert len(mail.treatments) == len(lengths)


def test_a_digest_of_nothing_is_refused(render: Render) -> None:
    with pytest.raises(ValueError, match="at least one"):
        render()


def test_a_mail_of_several_articles_that_came_at_once_says_so(render: Render) -> None:
    one = render((article(1), FULL), cadence=Cadence.INSTANT)
    two = render((article(1), FULL), (article(2), FULL), cadence=Cadence.INSTANT)
    assert "New article\n" in one.text
    assert "New articles\n" in two.text
