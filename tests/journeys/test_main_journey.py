"""A stranger subscribes, gets what the publisher writes, changes her mind and leaves."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse
from tests.journeys.mailbox import follow, listed, open_mail
from tests.journeys.publisher import Publisher

pytestmark = pytest.mark.journey

READER = "rosa.reader@example.net"
FIRST, SECOND = "The lighthouse keeps its own time", "Tide tables are never late"


def test_a_stranger_subscribes_reads_changes_her_mind_and_leaves(
    browse: Browse, owner_state: Any, publisher: Publisher
) -> None:
    reader, owner = browse(scripts=False), browse(state=owner_state)
    sign_up(reader)
    confirm(reader)
    connect_feed(owner, publisher)
    publisher.publish(FIRST, "Europe")
    poll(owner)
    read_mail(reader)
    change_cadence(reader)
    leave(reader)
    publisher.publish(SECOND, "Europe")
    poll(owner)
    nothing_more_reaches_her(reader, owner)


def sign_up(reader: Page) -> None:
    reader.goto("/")
    reader.get_by_label("Email address").fill(READER)
    reader.locator("summary").click()
    reader.locator("input[name=cadence][value=instant]").check()
    reader.get_by_label("Europe", exact=True).check()
    reader.get_by_role("button", name="Subscribe").click()
    expect(reader.get_by_role("heading", name="Check your inbox")).to_be_visible()
    expect(reader.locator("main")).not_to_contain_text(READER)


def confirm(reader: Page) -> None:
    mail = open_mail(reader, to=READER, subject="Confirm")
    page = follow(reader, mail.get_by_role("link", name=re.compile("Confirm")))
    expect(page.get_by_role("heading", name="Confirm your subscription")).to_be_visible()
    page.get_by_role("button", name="Confirm my subscription").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
    page.reload()
    page.goto(page.url)
    expect(page.get_by_role("heading", name="already confirmed")).to_be_visible()
    page.close()


def connect_feed(owner: Page, publisher: Publisher) -> None:
    owner.goto("/admin/articles/feeds")
    owner.get_by_role("link", name="Connect a feed").click()
    owner.get_by_label("Address of the feed").fill(publisher.site)  # its page announces the feed
    owner.get_by_role("button", name="Look at it").click()
    expect(owner.get_by_role("heading", name="The Harbour Review")).to_be_visible()
    expect(owner.get_by_role("heading", name="Old rope, well kept")).to_be_visible()
    owner.get_by_role("button", name="Connect it").click()
    expect(owner.get_by_text("Connected. 2 articles are known now")).to_be_visible()


def poll(owner: Page) -> None:
    """Have the feed fetched and see, without a click, that it brought something."""
    owner.get_by_role("button", name="Poll now").click()
    expect(owner.get_by_text("The poll went well and brought new articles")).to_be_visible()


def read_mail(reader: Page) -> None:
    mail = open_mail(reader, to=READER, subject=FIRST)
    expect(mail.get_by_role("heading", name=FIRST)).to_be_visible()
    reader.get_by_role("link", name="Plain text").click()
    expect(reader.get_by_role("region", name="Plain text")).to_contain_text(FIRST)
    reader.get_by_role("link", name="Headers").click()
    headers = reader.get_by_role("region", name="Headers")
    expect(headers).to_contain_text("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    expect(headers).to_contain_text(f"To: {READER}")
    reader.get_by_role("link", name="Mail", exact=True).click()
    page = follow(reader, mail.get_by_role("link", name=re.compile("web")).first)
    expect(page.get_by_role("heading", name=FIRST).first).to_be_visible()
    page.get_by_role("link", name=FIRST).first.click()
    expect(page.get_by_role("heading", name=FIRST, level=1)).to_be_visible()
    expect(page.get_by_text("minute read").first).to_be_visible()
    page.close()


def change_cadence(reader: Page) -> None:
    mail = open_mail(reader, to=READER, subject=FIRST)
    page = follow(reader, mail.get_by_role("link", name=re.compile("what you get")))
    expect(page.locator("input[name=cadence][value=instant]")).to_be_checked()
    expect(page.get_by_label("Europe", exact=True)).to_be_checked()
    page.locator("input[name=cadence][value=weekly]").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.reload()
    expect(page.locator("input[name=cadence][value=weekly]")).to_be_checked()
    page.close()


def leave(reader: Page) -> None:
    mail = open_mail(reader, to=READER, subject=FIRST)
    page = follow(reader, mail.get_by_role("link", name=re.compile("Unsubscribe")))
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.close()


def nothing_more_reaches_her(reader: Page, owner: Page) -> None:
    """Others get the second article; once all have it, there is none for her."""
    open_mail(reader, to="", subject=SECOND)
    owner.goto("/admin/digests?cadence=instant")
    newest = owner.get_by_role("row", name=re.compile(SECOND))
    expect(newest.get_by_text("sent", exact=True)).to_be_visible()
    reader.goto("/dev/outbox")
    assert listed(reader, subject=SECOND).count()
    assert not listed(reader, to=READER, subject=SECOND).count()
