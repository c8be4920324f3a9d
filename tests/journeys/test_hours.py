"""A reader chooses her hour: the zone of the device is offered, never taken; scripts may be off."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse

pytestmark = pytest.mark.journey


def open_preferences(page: Page, places: Mapping[str, Any]) -> None:
    page.goto("/preferences/{preferences_confirmed}".format_map(places))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")


def test_the_zone_of_the_device_is_offered_and_chosen_by_the_reader_alone(
    browse: Browse, places: Mapping[str, Any]
) -> None:
    page = browse(timezone_id="Asia/Tokyo")
    open_preferences(page, places)
    zone = page.get_by_label("Time zone")
    expect(page.get_by_text("Your device is set to Asia/Tokyo.")).to_be_visible()
    expect(zone).to_have_value("")
    page.get_by_role("button", name="Choose this zone").press("Enter")
    expect(zone).to_have_value("Asia/Tokyo")
    expect(zone).to_be_focused()
    zone.select_option("Europe/Kyiv")
    save(page)
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Kyiv")


def test_an_hour_is_chosen_and_given_up_without_a_script(
    browse: Browse, places: Mapping[str, Any]
) -> None:
    page = browse(scripts=False)
    open_preferences(page, places)
    expect(page.get_by_text("Your device is set to")).to_be_hidden()
    page.get_by_label("Hour").select_option("18:00")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    save(page)
    expect(page.get_by_text(re.compile("at 18:00")).first).to_be_visible()
    page.get_by_label("Hour").select_option("")
    page.get_by_label("Time zone").select_option("")
    save(page)
    expect(page.get_by_text(re.compile("at 18:00"))).to_have_count(0)
