"""Mails in a real browser: axe finds nothing, and nothing is wider than a phone."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from newsletter.digests.models import Treatment
from tests.digests.rendering import Render, article, paper, render
from tests.mails.kinds import KINDS, Mail

__all__ = ["render"]  # the fixture

TESTS = Path(__file__).parents[1]
AXE = TESTS / "vendor" / "axe-core" / "4.14.1" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
ADDRESS = "http://localhost/mail"

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def judged(browser: Browser, html: str, *, width: int, scheme: Any) -> tuple[list[str], int]:
    """Return what axe finds and how wide the mail is; every target outside prose is tall."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=True
    )

    def answer(route: Route) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            route.abort()

    try:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(ADDRESS)
        wanted = page.evaluate("document.documentElement.scrollWidth")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(result => result.violations)")
        small = "[...document.querySelectorAll('a')].filter(a => !a.closest('.t'))"
        small += ".filter(a => a.getBoundingClientRect().height < 44).map(a => a.textContent)"
        assert page.evaluate(small) == []
        return [json.dumps([rule["id"], rule["nodes"][0]["html"]]) for rule in found], wanted
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#0B3D6B", "#F2C200"])
def test_a_digest_has_no_errors(render: Render, browser: Browser, scheme: str, accent: str) -> None:
    mail = render(
        (article(1), Treatment.FULL),
        (article(2), Treatment.EXCERPT),
        (article(3, language="he"), Treatment.EXCERPT),
        (article(4), Treatment.HEADLINE),
        publication=paper(accent=accent),
    )
    assert judged(browser, mail.html, width=320, scheme=scheme) == ([], 320)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_correction_has_no_errors(
    render: Render, browser: Browser, scheme: str, language: str
) -> None:
    mail = render(
        (article(1), Treatment.FULL), note="It was ten.\n\nNot twelve.", language=language
    )
    assert judged(browser, mail.html, width=320, scheme=scheme) == ([], 320)


def test_a_digest_read_from_the_right_has_no_errors(render: Render, browser: Browser) -> None:
    mail = render((article(1, language="ar"), Treatment.FULL), language="ar")
    assert judged(browser, mail.html, width=600, scheme="light") == ([], 600)


def test_long_words_tables_and_wide_pictures_do_not_widen_a_phone(
    render: Render, browser: Browser
) -> None:
    row = "<tr>" + "".join(f"<td>Column {number}</td>" for number in range(4)) + "</tr>"
    body = (
        f"<p>{'word' * 60}</p><table>{row}</table><pre>{'x' * 200}</pre>"
        '<p><img src="https://paper.example.org/w.jpg" alt="Wide" width="3000" height="900"></p>'
    )
    mail = render((article(1, content_html=body), Treatment.FULL))
    assert judged(browser, mail.html, width=320, scheme="light") == ([], 320)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_kind_of_mail_has_errors(
    browser: Browser, mails: dict[str, Mail], kind: str, scheme: str
) -> None:
    assert judged(browser, mails[kind].html, width=320, scheme=scheme) == ([], 320)
