"""The signup box inside a foreign page on another origin, under that page's strict policy."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.conftest import PATIENCE_SECONDS, Browse
from tests.journeys.foreign_site import ForeignSite

pytestmark = pytest.mark.journey


@pytest.fixture
def site(browse: Browse, address: str, owner_state: Any) -> Iterator[ForeignSite]:
    """A site with the boxes that an owner composed and copied."""
    opened = ForeignSite(ours=address)
    page = browse(state=owner_state)
    page.goto("/admin/settings/box")
    for path, kind in {"/form": "Form with script", "/frame": "Frame"}.items():
        page.get_by_role("radio", name=kind).check()
        page.get_by_role("checkbox", name="which topics").check()
        page.get_by_role("button", name="Show the box").click()
        opened.boxes[path] = page.get_by_role("textbox", name="HTML of the box").input_value()
    yield opened
    opened.close()


def visit(browser: Browser, problems: list[str], *, scripts: bool = True) -> Page:
    context = browser.new_context(java_script_enabled=scripts)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.on("console", lambda message: problems.append(message.text))
    context.on("weberror", lambda error: problems.append(str(error.error)))
    return context.new_page()


def test_the_box_works_on_a_foreign_page_with_and_without_its_script(
    browser: Browser, address: str, site: ForeignSite
) -> None:
    problems: list[str] = []
    page = visit(browser, problems)
    page.goto(f"{site.address}/form")
    email = page.get_by_label("Email address")
    assert email.evaluate("field => getComputedStyle(field).fontFamily").startswith("Georgia")
    assert email.evaluate("field => getComputedStyle(field).color") == "rgb(80, 20, 20)"

    email.fill("ann@example")
    email.press("Enter")
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(re.compile("cannot receive mail"))
    expect(email).to_have_value("ann@example")
    assert "status of 400" in problems.pop()  # all that the browser has to say

    email.fill("ann.abroad@example.net")
    email.press("Enter")
    said = page.get_by_role("status")
    expect(said).to_contain_text("Check your inbox")
    expect(said).to_be_focused()
    assert page.url == f"{site.address}/form"

    # An answer that the script does not know is for the signup page, with what was typed.
    page.goto(f"{site.address}/form")
    sent: list[str] = []

    def ask_for_more(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if route.request.resource_type == "fetch":
            body = json.dumps({"status": "check_needed"})
            headers = {"Access-Control-Allow-Origin": "*"}
            route.fulfill(status=200, content_type="application/json", body=body, headers=headers)
        else:
            route.fulfill(status=200, content_type="text/html", body="<h1>One more question</h1>")

    page.route(f"{address}/subscribe", ask_for_more)
    email.fill("bea@example.net")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="One more question")).to_be_visible()
    assert page.url == f"{address}/subscribe"
    assert sent[0] == sent[1]
    assert "bea%40example.net" in sent[1]
    assert "topics=" in sent[1]

    page.goto(f"{site.address}/frame")
    frame = page.locator("iframe")
    assert 'height="640"' in site.boxes["/frame"]
    expect(frame).not_to_have_attribute("height", "640")
    inner = page.frame_locator("iframe")
    inner.get_by_label("Email address").fill("cem@example.net")
    inner.get_by_role("button", name="Subscribe").click()
    expect(inner.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert page.context.cookies() == []
    page.context.close()

    plain = visit(browser, problems, scripts=False)
    plain.goto(f"{site.address}/form")
    plain.get_by_label("Email address").fill("dee@example.net")
    plain.get_by_role("button", name="Subscribe").click()
    expect(plain.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert plain.context.cookies() == []
    plain.context.close()
    assert problems == []
