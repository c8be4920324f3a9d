"""Pages that answer what readers and staff send: as sound as those that they open."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browse
from tests.journeys.judging import judge

pytestmark = pytest.mark.journey


def test_answers_to_what_readers_send_are_sound(browse: Browse, places: Mapping[str, Any]) -> None:
    page = browse()
    for name, start in {"signup": "/", "box": "/embed/{publication}"}.items():
        page.goto(start.format_map(places))
        send(page, email="ann@@example.net")
        expect(page.get_by_role("textbox", name="Email address")).to_have_value("ann@@example.net")
        judge(page, f"answer {name} mistyped")
        send(page, email=f"ann.{name}@example.net")
        expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
        judge(page, f"answer {name} check inbox")
    page.goto("/preferences/{preferences_confirmed}".format_map(places))
    page.get_by_role("button", name="Save").click()
    judge(page, "answer preferences saved")
    pause(page, until="2020-01-01")
    expect(page.get_by_text("Choose a day that is still to come.")).to_be_visible()
    judge(page, "answer pause refused")
    pause(page, until=(datetime.now(UTC) + timedelta(days=9)).date().isoformat())
    expect(page.get_by_role("button", name="Resume now")).to_be_visible()
    judge(page, "answer paused")
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_label("Pause until")).to_have_value("")
    page.goto("/confirm/{confirm_pending}".format_map(places))
    page.get_by_role("button", name="Confirm my subscription").click()
    judge(page, "answer confirmed")
    page.goto("/unsubscribe/{unsubscribe_pending}".format_map(places))
    page.get_by_role("button", name="Unsubscribe").click()
    judge(page, "answer unsubscribed")


def test_what_the_signup_gate_asks_is_sound_and_a_script_or_patience_answers_it(
    browse: Browse, places: Mapping[str, Any]
) -> None:
    page, plain = browse(), browse(scripts=False)
    for name, start in {"page": "/", "box": "/embed/{publication}"}.items():
        page.goto(start.format_map(places))
        send(page, email="ann.carpenter@gmai.com")
        expect(page.get_by_role("heading", name="Did you mean")).to_be_visible()
        judge(page, f"gate {name} slip")
        page.get_by_role("button", name="Keep ann.carpenter@gmai.com").click()
        expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
        page.goto(start.format_map(places))
        page.locator("[name=organisation_url]").evaluate("field => field.value = 'by a program'")
        with page.expect_response(lambda answer: answer.status == 403):
            send(page, email="ann.carpenter@example.net")
        expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
        plain.goto(start.format_map(places))
        plain.locator("[name=organisation_url]").fill("by a program", force=True)
        plain.get_by_label("Email address").fill("ben.carpenter@example.net")
        plain.get_by_role("button", name="Subscribe").click()
        plain.get_by_role("button", name="Continue").click()
        expect(plain.get_by_text("It was a little too early.")).to_be_visible()


def test_a_check_without_its_script_and_a_pause_for_a_network_are_sound(
    browse: Browse, places: Mapping[str, Any]
) -> None:
    page = browse(extra_http_headers={"X-Forwarded-For": "203.0.113.1"})
    page.route(re.compile(r"signup-check"), lambda route: route.fulfill(body=""))
    for name, start in {"page": "/", "box": "/embed/{publication}"}.items():
        page.goto(start.format_map(places))
        page.locator("[name=organisation_url]").evaluate("field => field.value = 'by a program'")
        send(page, email="ann.carpenter@example.net")
        expect(page.get_by_text("Wait 20 seconds, then press the button.")).to_be_visible()
        judge(page, f"gate {name} check")
    for number in range(5):
        form = {"email": f"carl.carpenter{number}@example.net"}
        assert page.request.post("/subscribe", form=form).status == 200
    page.goto("/")
    send(page, email="dora.carpenter@example.net")
    expect(page.get_by_role("heading", name="Too many signups")).to_be_visible()
    judge(page, "gate too many")


def test_answers_about_a_readers_own_data_are_sound(
    browse: Browse, places: Mapping[str, Any]
) -> None:
    page = browse()
    page.goto("/preferences/{preferences_confirmed}".format_map(places))
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("status")).to_contain_text("A link is on its way")
    judge(page, "answer link sent")
    page.goto("/my-data/{my_data}".format_map(places))
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_label("New email address").fill("ann@@example.net")
    page.get_by_role("button", name="Change").click()
    judge(page, "answer address refused")
    page.get_by_label("New email address").fill("ann.other@example.net")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Look into the new inbox")).to_be_visible()
    judge(page, "answer address asked")
    page.goto("/old-address/{old_address}".format_map(places))
    page.get_by_role("button", name="Change it back").click()
    judge(page, "answer address back")
    page.goto("/new-address/{new_address}".format_map(places))
    judge(page, "answer address impossible")
    page.goto("/former-choices/{former_choices}".format_map(places))
    page.get_by_role("button", name="Set it back").click()
    judge(page, "answer set back")
    page.goto("/undo/{undo}".format_map(places))
    page.get_by_role("button", name="Subscribe me again").click()
    judge(page, "answer undone")
    page.goto("/unsubscribe/{unsubscribe_gone}".format_map(places))
    page.get_by_role("button", name="Unsubscribe").click()
    judge(page, "answer unsubscribed with undo")
    page.get_by_role("radio", name="Too many mails").check()
    page.get_by_role("button", name="Tell us").click()
    judge(page, "answer reason given")


def send(page: Page, *, email: str) -> None:
    """Send the signup form as a browser would that does not check addresses."""
    page.locator("form.signup").evaluate("form => form.noValidate = true")
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Subscribe").click()


def test_a_correction_is_sound_from_its_note_to_its_mail(
    browse: Browse, owner_state: Any, places: Mapping[str, Any]
) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/articles/{edited}/correction".format_map(places))
    note = page.get_by_label("What was wrong")
    note.fill(" ")
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_text("Say in a sentence or two")).to_be_visible()
    judge(page, "answer correction refused")
    note.fill("A paragraph was about another port.")
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_role("button", name="Send now").first).to_be_visible()
    judge(page, "answer correction draft")
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_text("Correction:").first).to_be_visible()
    judge(page, "answer correction preview")


def pause(page: Page, *, until: str) -> None:
    """Send the pause form as a browser would that does not check days."""
    form = page.locator("form:has(#until)")
    form.evaluate("form => form.noValidate = true")
    page.get_by_label("Pause until").fill(until)
    form.get_by_role("button", name="Pause").click()


def test_answers_to_what_staff_send_are_sound(browse: Browse, owner_state: Any) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/settings")
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    judge(page, "answer settings refused")
    page.goto("/admin/digests")
    page.get_by_role("button", name="Compose a digest now").click()
    judge(page, "answer compose asked")
    page.goto("/admin/settings/staff")
    page.get_by_role("button", name="Make a link").click()
    judge(page, "answer invitation made")


def test_what_an_owner_reads_before_she_erases_a_reader_is_sound(
    browse: Browse, owner_state: Any, places: Mapping[str, Any]
) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/readers/{confirmed}".format_map(places))
    page.get_by_role("button", name="Erase …").click()
    dialog = page.get_by_role("dialog", name="Erase this reader for good?")
    expect(dialog).to_contain_text("cannot be undone")
    judge(page, "answer erasing asked")
    dialog.get_by_role("button", name="Go back").click()
    expect(dialog).to_be_hidden()
