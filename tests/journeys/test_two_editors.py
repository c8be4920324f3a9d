"""Two editors at one draft: each sees the other, and none loses the right to it unasked."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse

pytestmark = pytest.mark.journey

EDITING = re.compile(r"has been editing this since \d\d:\d\d\.")


def test_whoever_only_looks_on_sees_who_edits_and_enter_takes_nothing_over(
    browse: Browse, owner_state: Any
) -> None:
    owner = browse(state=owner_state)
    editor = invited(browse, owner)
    address = compose(owner)
    editor.goto(address)
    owner.get_by_label("Subject").fill("A subject of the owner’s")
    expect(owner.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    expect(editor.get_by_text(EDITING)).to_be_visible()
    editor.get_by_label("Subject").press("Enter")
    owner.get_by_label("Subject").fill("Another one")
    mail = owner.frame_locator("iframe[title='The mail as it is saved']")
    expect(mail.get_by_text("Another one")).to_be_visible()
    expect(owner.get_by_text(EDITING)).to_have_count(0)
    owner.goto("/admin/digests")
    expect(editor.get_by_text(EDITING)).to_be_hidden()
    owner.goto(address)
    owner.get_by_role("button", name="Discard", exact=True).click()
    owner.get_by_role("dialog").get_by_role("button", name="Discard").click()


def invited(browse: Browse, owner: Page) -> Page:
    """Return a page on which a second member of staff has signed up."""
    owner.goto("/admin/settings/staff")
    owner.get_by_role("button", name="Make a link").click()
    editor = browse()
    editor.goto(owner.get_by_role("textbox", name="Link").input_value())
    for label, value in (
        ("Name", "Eda Editor"),
        ("Address", "eda@example.org"),
        ("Password", "quiet harbour eight"),
    ):
        editor.get_by_label(label).fill(value)
    editor.get_by_role("button", name="Create the account").click()
    expect(editor.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    return editor


def compose(page: Page) -> str:
    """Make a draft by hand and open its editor; return its address."""
    page.goto("/admin/digests")
    page.get_by_role("button", name="Compose a digest now").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Monthly").check()
    dialog.get_by_role("button", name="Make a draft").click()
    page.get_by_role("link", name="Edit the draft").click()
    expect(page.get_by_label("Subject")).to_be_visible()
    return page.url
