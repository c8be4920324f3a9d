"""Without a mouse: every stop is seen, and a reader signs up by keys alone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse

pytestmark = pytest.mark.journey

#: What the focused element is, and whether an outline or a ring around it can be seen.
STOP = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const box = here.getBoundingClientRect();
  return {
    name: here.tagName + " " + (here.innerText || here.name || here.outerHTML).slice(0, 90),
    id: here.id,
    outside: here === document.body,
    seen: (outlined || style.boxShadow !== "none")
      && box.width > 0 && box.right > 0 && box.bottom > 0,
  };
}"""

MOST_STOPS = 120


def stops_of(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the page is left, and return where the focus stood."""
    stops: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["outside"]:
            break
        stops.append(stop)
    return stops


def tab_to(page: Page, element_id: str) -> None:
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(STOP)["id"] == element_id:
            return
    pytest.fail(f"Tab never reaches {element_id}")


def test_a_reader_signs_up_by_keys_alone(browse: Browse) -> None:
    page = browse()
    page.goto("/")
    tab_to(page, "page-email")
    page.keyboard.type("kim.keys@example.net")
    page.keyboard.press("Tab")  # the button
    page.keyboard.press("Tab")  # the choices
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=cadence]:checked")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("input[name=topics]").first).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/archive/", "/dev/outbox", "/admin/sign-in"])
def test_the_focus_is_seen_wherever_it_stands(browse: Browse, path: str, scheme: str) -> None:
    page = browse(color_scheme=scheme)
    page.goto(path)
    stops = stops_of(page)
    assert len(stops) >= 2
    assert [stop["name"] for stop in stops if not stop["seen"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/admin/", "/admin/digests", "/admin/settings"])
def test_the_focus_of_staff_is_seen_wherever_it_stands(
    browse: Browse, owner_state: Any, path: str, scheme: str
) -> None:
    page = browse(state=owner_state, color_scheme=scheme)
    page.goto(path)
    stops = stops_of(page)
    assert len(stops) > 8
    assert [stop["name"] for stop in stops if not stop["seen"]] == []


def test_a_question_takes_the_focus_and_gives_it_back(browse: Browse, owner_state: Any) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/digests")
    button = page.get_by_role("button", name="Compose a digest now")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="For the readers of which cadence?")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
