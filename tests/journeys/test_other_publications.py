"""With several publications, pages for readers list the others and stay sound in every look."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any

import pytest
from playwright.sync_api import expect

from newsletter.publications.create import create_publication
from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Cadence
from newsletter.unit_of_work import unit_of_work
from tests.journeys.conftest import Browse
from tests.journeys.judging import judge
from tests.journeys.places import inside
from tests.standalone.service import Service

pytestmark = pytest.mark.journey

PAGES = {
    "signup": "/",
    "signup of another": "/p/harbour-letter",
    "signup from the right": "/p/from-the-right",
    "preferences": "/preferences/{preferences_confirmed}",
    "preferences in Ukrainian": "/preferences/{preferences_confirmed}?lang=uk",
    "my data": "/my-data/{my_data}",
}


@pytest.fixture(scope="module")
def several(service: Service, places: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The places, with two more publications that are gone afterwards."""
    app = inside(service).app
    common = {"send_at": time(8), "time_zone": "Europe/Kyiv", "now": datetime.now(UTC)}
    with app.app_context(), unit_of_work():
        create_publication(
            slug="harbour-letter",
            name="The Harbour Letter of All the Northern Ports",
            from_email="harbour@example.org",
            site_url="https://a-rather-long-name-of-a-site.example.org",
            cadence=Cadence.DAILY,
            **common,
        )
        create_publication(
            slug="from-the-right",
            name="رسالة الميناء",
            tagline="السفن والرافعات.",
            from_email="right@example.org",
            site_url="https://right.example.org",
            language="ar",
            cadence=Cadence.WEEKLY,
            **common,
        )
    yield places
    with app.app_context(), unit_of_work() as session:
        for slug in ("harbour-letter", "from-the-right"):
            session.delete(publication_by_slug(slug))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_lists_the_others_is_sound(
    browse: Browse, several: Mapping[str, Any], name: str
) -> None:
    page = browse()
    page.goto(PAGES[name].format_map(several))
    expect(page.locator(".others li")).to_have_count(2)
    judge(page, f"others {name}")


def test_a_reader_without_a_script_goes_from_her_choices_to_another_signup(
    browse: Browse, several: Mapping[str, Any]
) -> None:
    page = browse(scripts=False, viewport={"width": 360, "height": 740})
    page.goto(PAGES["preferences"].format_map(several))
    page.get_by_role("link", name="Subscribe to The Harbour Letter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The Harbour Letter")
    expect(page.get_by_role("textbox", name="Email address")).to_have_value("")
