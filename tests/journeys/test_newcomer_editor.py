"""A newcomer at the editor's desk: a draft that she makes hers, holds, releases and sends."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.journeys.conftest import Browse
from tests.journeys.judging import judge
from tests.journeys.mailbox import open_mail
from tests.journeys.publisher import Publisher
from tests.standalone.service import Service

pytestmark = pytest.mark.journey

HARBOUR, MARKET = "A harbour master counts the stars", "The fish market moves at dawn"
SUBJECT = "Before the boats come in"
READER = "dora.daily@example.net"


def test_an_editor_makes_the_draft_hers_and_lets_it_go(
    browse: Browse, owner_state: Any, service: Service, publisher: Publisher
) -> None:
    page = browse(state=owner_state)
    subscribe(page, READER)
    draft_ahead(page)
    connect(page, publisher)
    publisher.publish(HARBOUR, "Europe")
    publisher.publish(MARKET, "Trade")
    poll(page)
    announced(page)
    edit(page)
    preview(page)
    judge(page, "journey editor")
    page.set_viewport_size({"width": 1280, "height": 900})
    hold_and_release(page)
    send(page)
    read(page)
    without_drafts(page)


def subscribe(page: Page, address: str) -> None:
    """A reader of the daily digest confirms."""
    page.goto("/")
    page.get_by_label("Email address").fill(address)
    page.locator("summary").click()
    page.locator("input[name=cadence][value=daily]").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    mail = open_mail(page, to=address, subject="Confirm")
    link = mail.get_by_role("link", name=re.compile("Confirm")).get_attribute("href")
    page.goto(link or "")
    page.get_by_role("button", name="Confirm my subscription").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()


def draft_ahead(page: Page) -> None:
    """Ask for drafts twenty hours ahead, and have the hour come within them."""
    page.goto("/admin/settings")
    zone = ZoneInfo(page.get_by_label("Time zone").input_value())
    hour = page.get_by_label("Hour", exact=True)
    now = datetime.now(zone)
    at = datetime.strptime(hour.input_value(), "%H:%M").time()  # noqa: DTZ007 - a wall clock
    away = (datetime.combine(now.date(), at, zone) - now) % timedelta(days=1)
    if away > timedelta(hours=19, minutes=50):
        hour.fill(f"{now + timedelta(hours=19):%H:%M}")
    page.get_by_label("Drafts ahead, in minutes").fill("20:00")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def connect(page: Page, publisher: Publisher) -> None:
    """Connect the feed, unless another journey did."""
    page.goto("/admin/articles/feeds")
    if page.get_by_text("The Harbour Review").count():
        page.get_by_role("link", name="The Harbour Review").first.click()
        return
    page.get_by_role("link", name="Connect a feed").click()
    page.get_by_label("Address of the feed").fill(publisher.site)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Connect it").click()
    expect(page.get_by_text(re.compile("^Connected\\. "))).to_be_visible()


def poll(page: Page) -> None:
    page.get_by_role("button", name="Poll now").first.click()
    expect(page.get_by_text("The poll went well and brought new articles")).to_be_visible()


def announced(page: Page) -> None:
    """The mail leads to the draft; its link asks for a sign-in, which she has."""
    mail = open_mail(page, to="", subject="unless stopped")
    link = mail.get_by_role("link", name="Look at it and change it").get_attribute("href")
    page.goto(link or "")
    expect(page.get_by_text(re.compile("^(Goes out|Held)"))).to_be_visible()


def shown(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='The mail as it is saved']")


def edit(page: Page) -> None:
    """Type, reorder by keyboard; each is saved by itself and shown beside the form."""
    page.get_by_label("Subject").fill(SUBJECT)
    page.get_by_label("Introduction").fill("Good morning from the **quay**.")
    expect(shown(page).get_by_text("Good morning from the quay.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    up = page.get_by_role("button", name=f"Move up: {HARBOUR}")
    for _ in range(page.locator("[data-row]").count()):
        up.focus()
        page.keyboard.press("Enter")
    expect(page.locator("[data-row]").first).to_contain_text(HARBOUR)
    expect(shown(page).get_by_role("heading", level=2).first).to_have_text(HARBOUR)


def preview(page: Page) -> None:
    """Look at it as a reader of one topic does, and in the dark."""
    page.get_by_text("As readers of some topics").click()
    page.get_by_role("checkbox", name="Trade", exact=True).check()
    expect(shown(page).get_by_role("heading", name=MARKET)).to_be_visible()
    expect(shown(page).get_by_role("heading", name=HARBOUR)).to_have_count(0)
    page.get_by_text("Dark", exact=True).last.click()
    expect(shown(page).get_by_role("heading", name=MARKET)).to_be_visible()
    page.get_by_role("checkbox", name="Trade", exact=True).uncheck()
    page.get_by_text("Desktop", exact=True).click()


def hold_and_release(page: Page) -> None:
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("Held. Nobody gets it")).to_be_visible()
    page.get_by_role("button", name="Release").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released. It goes out at its hour.")).to_be_visible()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send now").click()
    dialog = page.get_by_role("dialog", name="Send this digest now?")
    expect(dialog).to_contain_text(re.compile(r"goes to \d+ reader"))
    dialog.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Every delivery was final")).to_be_visible(timeout=60_000)


def read(page: Page) -> None:
    mail = open_mail(page, to=READER, subject=SUBJECT)
    expect(mail.get_by_text("Good morning from the quay.")).to_be_visible()
    expect(mail.get_by_role("heading", level=2).first).to_have_text(HARBOUR)


def without_drafts(page: Page) -> None:
    """Leave the service as other journeys expect it."""
    page.goto("/admin/settings")
    page.get_by_label("Drafts ahead, in minutes").fill("0")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
