"""Staff compose the signup box, see it work, and copy its HTML."""

import html
import re
from html.parser import HTMLParser

import pytest

from newsletter.publications.models import Publication
from newsletter.web.forms import TRAP_FIELD
from tests.factories import Make
from tests.web.admin.conftest import Browser

PATH = "/admin/settings/box"


@pytest.fixture
def paper(make: Make) -> Publication:
    publication = make.publication(name='Ports & "Rivers"', slug="harbour", accent="#0B3D6B")
    make.topic(publication=publication, name="Europe")
    return publication


def snippet(page: str) -> str:
    """Return the HTML that staff would copy."""
    found = re.search(r'<textarea[^>]*id="snippet"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


class Names(HTMLParser):
    """Collects the names of fields."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names += [value or "" for name, value in attrs if name == "name"]


def names_in(markup: str) -> list[str]:
    parser = Names()
    parser.feed(markup)
    return parser.names


def test_the_box_posts_to_this_service_for_this_publication(owner: Browser) -> None:
    box = snippet(owner.get(PATH).text)
    assert 'action="http://localhost/subscribe"' in box
    assert 'value="harbour"' in box
    assert '<script src="http://localhost/embed/box.js" async></script>' in box
    assert "Subscribe to Ports &amp; &#34;Rivers&#34;</strong>" in box
    assert names_in(box) == ["publication", "lang", "email", TRAP_FIELD]


def test_the_form_alone_has_no_script_and_asks_what_was_chosen(owner: Browser) -> None:
    asked = {"kind": "form", "heading": "", "button": "Join & read", "cadence": "1", "topics": "1"}
    box = snippet(owner.get(PATH, query_string=asked).text)
    assert "<script" not in box
    assert "<strong>" not in box
    assert ">Join &amp; read</button>" in box
    assert names_in(box).count("cadence") == 4
    assert names_in(box).count("topics") == 1


def test_the_button_comes_after_all_there_is_to_choose(owner: Browser) -> None:
    page = owner.get(f"{PATH}/preview", query_string={"kind": "form", "cadence": "1"}).text
    assert page.index('name="cadence"') < page.index('name="email"') < page.index("<button")


def test_the_frame_carries_the_choices_in_its_address(owner: Browser) -> None:
    asked = {
        "kind": "frame",
        "own_colours": "1",
        "paper": "#101418",
        "ink": "#e8e8e8",
        "accent": "red",
        "topics": "1",
    }
    box = snippet(owner.get(PATH, query_string=asked).text)
    assert 'src="http://localhost/embed/harbour?paper=101418&amp;ink=E8E8E8&amp;topics=1' in box
    assert 'title="Subscribe to Ports &amp; &#34;Rivers&#34;"' in box
    assert "accent" not in box


def test_the_colour_of_the_button_travels_with_the_form(owner: Browser) -> None:
    asked = {"kind": "script", "heading": "x", "own_colours": "1", "accent": "#ffe600"}
    box = snippet(owner.get(PATH, query_string=asked).text)
    assert re.search(r'data-accent="#[0-9A-F]{6}" data-on-accent="#[0-9A-F]{6}"', box)
    assert "style=" not in box


def test_the_preview_shows_the_very_box_and_lets_it_answer(owner: Browser) -> None:
    page = owner.get(f"{PATH}?kind=script&heading=Read+us")
    address = re.search(r'src="(/admin/settings/box/preview[^"]*)"', page.text)
    assert address
    preview = owner.get(html.unescape(address[1]))
    assert "<strong>Read us</strong>" in preview.text
    assert '<main aria-label="' in preview.text, "there is another one around the frame"
    policy = preview.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy


def test_words_of_staff_stay_words(owner: Browser) -> None:
    hostile = "<script>alert(1)</script>"
    page = owner.get(PATH, query_string={"kind": "form", "heading": hostile, "button": hostile})
    assert "<script>alert" not in snippet(page.text)
    preview = owner.get(f"{PATH}/preview", query_string={"kind": "form", "heading": hostile})
    assert "<script>alert" not in preview.text
