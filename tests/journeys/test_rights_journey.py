"""A reader on her phone, by keys alone and without scripts: from signing up to being erased."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse
from tests.journeys.mailbox import follow, open_mail
from tests.journeys.test_keyboard import tab_to

pytestmark = pytest.mark.journey

READER = "pia.phone@example.net"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": False, "has_touch": True}

#: How the focused element introduces itself.
NAME = "() => (document.activeElement.innerText || document.activeElement.ariaLabel || '').trim()"


def press(page: Page, name: str) -> None:
    """Tab to the link or button of this name and press Enter."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(NAME) == name:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    pytest.fail(f"Tab never reaches {name}")


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_reader_uses_all_her_rights_by_keys_on_a_phone_without_scripts(browse: Browse) -> None:
    phone = browse(scripts=False, **PHONE)
    phone.goto("/")
    tab_to(phone, "page-email")
    phone.keyboard.type(READER)
    phone.keyboard.press("Enter")
    heading(phone, "Check your inbox")
    mail = open_mail(phone, to=READER, subject="Confirm")
    page = follow(phone, mail.get_by_role("link", name=re.compile("Confirm")))
    press(page, "Confirm my subscription")
    heading(page, "You are subscribed")
    press(page, "Choose how often, at what time and which topics")
    heading(page, "Your preferences")
    change_hour(page)
    own = own_data(phone, page)
    leave_and_return(page)
    erase(own)
    page.reload()
    heading(page, "This link leads nowhere")


def change_hour(page: Page) -> None:
    tab_to(page, "hour")
    page.keyboard.type("18")
    press(page, "Save")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.locator("#hour")).to_have_value("18:00")


def own_data(phone: Page, page: Page) -> Page:
    """Ask for the link to her data, and open it in the mail."""
    press(page, "Send me the link")
    expect(page.get_by_role("status")).to_contain_text("A link is on its way")
    mail = open_mail(phone, to=READER, subject="The link to your data")
    phone.bring_to_front()
    own = follow(phone, mail.get_by_role("link", name="Open your data"))
    expect(own.get_by_text(READER).first).to_be_visible()
    return own


def leave_and_return(page: Page) -> None:
    press(page, re.sub(r"\s+", " ", page.get_by_role("link", name="Unsubscribe").inner_text()))
    press(page, "Unsubscribe")
    heading(page, "You are unsubscribed")
    press(page, "Undo")
    heading(page, "You are subscribed again")


def erase(own: Page) -> None:
    press(own, "Erase my data")
    heading(own, "Erase your data?")
    press(own, "Erase my data for good")
    heading(own, "Your data is erased")
