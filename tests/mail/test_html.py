"""MJML to HTML: what is kept, what is refused."""

import re
from pathlib import Path

import pytest

from newsletter.mail.html import UnusableMarkup, mail_html

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
KNOWN_TAGS = {
    *("mj-head", "mj-title", "mj-attributes", "mj-text", "mj-column", "mj-class", "mj-raw"),
    *("mj-style", "mj-body", "mj-section", "mj-button"),
}


def page(content: str, style: str = "") -> str:
    return (
        f"<mjml><mj-head><mj-title>T</mj-title><mj-style>{style}</mj-style></mj-head><mj-body>"
        f"<mj-section><mj-column>{content}</mj-column></mj-section></mj-body></mjml>"
    )


def test_rules_are_written_into_the_elements() -> None:
    html = mail_html(page('<mj-text><p class="a">x</p></mj-text>'), css=".a { margin: 0; }")
    assert re.search(r'<p class="a" style="margin: ?0;?">x</p>', html)


def test_media_queries_stay_in_the_head() -> None:
    style = "@media (prefers-color-scheme: dark) { .a { color: red !important; } }"
    html = mail_html(page("<mj-text>x</mj-text>", style), css="p { margin: 0; }")
    assert style in html
    assert "mso" in html


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(UnusableMarkup, match="mj-headline"):
        mail_html(page("<mj-headline>x</mj-headline>"), css="")


def test_markup_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(UnusableMarkup):
        mail_html("<mjml><mj-body><mj-section>", css="")


def test_a_word_about_mjml_in_the_text_is_no_tag() -> None:
    assert "&lt;mj-text&gt;" in mail_html(page("<mj-text>&lt;mj-text&gt;</mj-text>"), css="")


def test_prose_that_mjml_could_not_read_is_set_in_afterwards() -> None:
    prose = "<p>a<br>b &amp; {{ c }}<img src='https://e.example/x.jpg' alt=''></p>"
    html = mail_html(page("<mj-text>zzbodyzz</mj-text>"), css="", prose={"zzbodyzz": prose})
    assert "a<br>b &amp; {{ c }}<img" in html
    assert "zzbodyzz" not in html


def test_the_mail_is_one_landmark() -> None:
    assert mail_html(page("<mj-text>x</mj-text>"), css="").count('role="main"') == 1


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.mjml")), ids=lambda path: path.stem)
def test_templates_use_known_tags_only(path: Path) -> None:
    used = set(re.findall(r"</?(mj-[a-z-]+)", path.read_text(encoding="utf-8")))
    assert used <= KNOWN_TAGS
