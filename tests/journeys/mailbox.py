"""The outbox as a reader's mail program: wait for a mail, open it, follow its links."""

import re
import time

from playwright.sync_api import FrameLocator, Locator, Page

#: Generous, since workers may share the processors with others.
MAIL_SECONDS = 45.0


def open_mail(page: Page, *, to: str, subject: str) -> FrameLocator:
    """Wait until the outbox lists a mail, open it, and return its HTML frame."""
    entry = listed(page, to=to, subject=subject)
    give_up = time.monotonic() + MAIL_SECONDS
    page.goto("/dev/outbox")
    while not entry.count():
        assert time.monotonic() < give_up, f"no mail “{subject}” to {to or 'anybody'}"
        page.wait_for_timeout(300)
        page.goto("/dev/outbox")
    entry.first.click()
    return page.frame_locator("iframe")


def listed(page: Page, *, to: str = "", subject: str = "") -> Locator:
    """Return the mails on the open page of the outbox that go to `to` and carry `subject`."""
    entries = page.locator("section.mail-list li a")
    return entries.filter(has_text=re.compile(re.escape(to))).filter(has_text=subject)


def follow(page: Page, link: Locator) -> Page:
    """Click a link of a mail and return the page that opens beside it."""
    with page.context.expect_page() as opened:
        link.click()
    beside = opened.value
    beside.wait_for_load_state()
    return beside
