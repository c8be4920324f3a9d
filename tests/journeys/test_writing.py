"""Staff write an article: the preview follows, the draft saves itself, a picture goes in."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.articles.bitmaps import jpeg
from tests.journeys.conftest import Browse

pytestmark = pytest.mark.journey


def test_an_article_is_written_illustrated_and_published(browse: Browse, owner_state: Any) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/articles")
    page.get_by_role("link", name="New article").click()
    page.get_by_label("Headline").fill("A lock opens at noon")
    page.get_by_label("Text in Markdown").fill("Boats **wait** below.")
    preview = page.locator("[data-write-preview]")
    expect(preview.locator("strong")).to_have_text("wait")
    expect(page.get_by_text("Saved by itself at")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/admin/articles/written/\d+$"))
    page.get_by_label("File").set_input_files(
        {"name": "lock.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    page.get_by_role("button", name="Add it").click()
    page.get_by_label("Text in Markdown").press("Control+End")
    page.get_by_role("button", name="Put it at the cursor").click()
    expect(preview.locator("img")).to_be_visible()
    page.locator("summary", has_text="Publish").click()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Published. The next digest of each cadence")).to_be_visible()
    page.get_by_role("link", name="Its page").click()
    expect(page.get_by_role("heading", name="A lock opens at noon")).to_be_visible()
    expect(page.locator("article.article img").first).to_be_visible()
