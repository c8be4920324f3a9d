"""On paper stands what was written, and where it is to be found."""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Browse

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("path", ["/articles/{article_slug}", "/archive/{digest_slug}"])
def test_a_printed_page_has_its_text_and_addresses_and_nothing_to_press(
    browse: Browse, places: Mapping[str, Any], path: str
) -> None:
    page = browse()
    page.goto(path.format_map(places))
    expect(page.locator(".printed").first).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".printed").last).to_be_visible()
    expect(page.locator("main h1")).to_be_visible()
    for away in ("button", "input:not([type=hidden])", ".masthead nav", ".colophon-links"):
        for each in page.locator(away).all():
            expect(each).to_be_hidden()


def test_links_in_an_article_print_their_addresses(
    browse: Browse, places: Mapping[str, Any]
) -> None:
    page = browse()
    page.goto("/articles/{article_slug}".format_map(places))
    page.locator(".article-body > p").first.evaluate(
        "each => each.innerHTML += ' <a href=\"https://example.org/report\">report</a>'"
    )
    page.emulate_media(media="print")
    printed = page.locator('.article-body a[href="https://example.org/report"]').evaluate(
        "link => getComputedStyle(link, '::after').content"
    )
    assert "https://example.org/report" in printed


def test_evidence_of_consent_begins_on_the_first_sheet_and_at_one_edge(
    browse: Browse, places: Mapping[str, Any], owner_state: Any
) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/readers/{confirmed}/evidence".format_map(places))
    page.emulate_media(media="print")
    for card in page.locator(".card").all():
        expect(card).to_have_css("break-inside", "auto")
    edges = page.locator(".card-title, .facts, .card thead th:first-child").evaluate_all(
        "all => all.map((each) => Math.round(each.getBoundingClientRect().left"
        " + parseFloat(getComputedStyle(each).paddingLeft)))"
    )
    assert len(set(edges)) == 1, edges
