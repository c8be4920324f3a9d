"""Staff at work: a digest by hand, the ledger, readers, settings, and who may do what."""

import csv
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from tests.journeys.conftest import OWNER, Browse
from tests.journeys.mailbox import open_mail
from tests.standalone.service import Service

pytestmark = pytest.mark.journey

#: Enough that a sending lasts for some seconds, in which it can be paused.
CROWD = 5000
EDITOR = {"name": "Edda Editor", "email": "edda@example.org", "password": "paper boat in rain"}
VIEWER = {"name": "Vito Viewer", "email": "vito@example.org", "password": "window seat at noon"}


def test_a_digest_is_composed_looked_at_proved_sent_paused_and_resumed(
    browse: Browse, owner_state: Any, service: Service, tmp_path: Path
) -> None:
    import_crowd(service, tmp_path)
    page = browse(state=owner_state)
    publish_sample_article(page)
    compose(page, "Monthly")
    give_subject(page, "What March brought")
    look_at(page, "What March brought")
    prove(page, "What March brought")
    send_pause_resume(page)
    deliveries_are_listed(page)


def import_crowd(service: Service, folder: Path) -> None:
    """Import confirmed readers, as somebody who moves in does."""
    file = folder / "crowd.csv"
    with file.open("w", newline="") as out:
        rows = ([f"crowd{number}@example.com", "monthly"] for number in range(CROWD))
        csv.writer(out).writerows([["email", "cadence"], *rows])
    options = ["--publication", "iria-news", "--confirmed", "--evidence", "Paper forms of 2025"]
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "subscribers", "import", file, *options],
        cwd=service.folder,
        env={name: value for name, value in service.environment.items() if name != "PORT"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def publish_sample_article(page: Page) -> None:
    page.goto("/dev/outbox")
    page.get_by_role("button", name="Publish the next sample article").click()
    expect(page.get_by_role("heading", name="Outbox", level=1)).to_be_visible()


def compose(page: Page, cadence: str) -> None:
    page.goto("/admin/digests")
    page.get_by_role("button", name="Compose a digest now").click()
    dialog = page.get_by_role("dialog", name="For the readers of which cadence?")
    dialog.get_by_label(cadence).check()
    dialog.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_text("This is a draft.")).to_be_visible()


def give_subject(page: Page, subject: str) -> None:
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("button", name="Save the subject").click()
    expect(page.get_by_text("The subject is saved.")).to_be_visible()
    expect(page.get_by_role("heading", name=subject, level=1)).to_be_visible()


def look_at(page: Page, subject: str) -> None:
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_text(subject).first).to_be_visible()
    mail = page.frame_locator("iframe[title='The mail as a reader sees it']")
    expect(mail.get_by_role("heading").first).to_be_visible()
    expect(mail.get_by_role("link", name=re.compile("Unsubscribe"))).to_be_visible()
    page.get_by_role("link", name="Plain text").click()
    expect(page.get_by_role("region", name="Plain text of the mail")).to_contain_text("Unsubscribe")


def prove(page: Page, subject: str) -> None:
    """Have a proof sent and find it in the outbox, in a tab of its own."""
    page.get_by_role("button", name="Send me a proof").click()
    expect(page.get_by_text(f"A proof goes to {OWNER['email']}.")).to_be_visible()
    beside = page.context.new_page()
    proof = open_mail(beside, to=OWNER["email"], subject=f"[Proof] {subject}")
    expect(proof.get_by_role("heading").first).to_be_visible()
    beside.close()


def send_pause_resume(page: Page) -> None:
    """Send, pause in the middle, resume; the page moves to the end by itself."""
    page.get_by_role("button", name="Send now").click()
    dialog = page.get_by_role("dialog", name="Send this digest now?")
    expect(dialog).to_contain_text(re.compile(r"5,\d\d\d readers"))
    dialog.get_by_role("button", name="Send now").click()
    pause = page.get_by_role("button", name="Pause")
    while not pause.count():  # no patience: a quick machine is done within seconds
        expect(page.get_by_text("Every delivery was final")).to_have_count(0)
        with suppress(Error):  # the page may be loading itself anew at the same moment
            page.reload()
    pause.click()
    expect(page.get_by_text("Paused. What is in a worker's hands stops")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Paused now|Paused \d+ s ago"))).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_text("Staff paused it")).to_be_visible()
    page.get_by_role("link", name="Open the digest").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("It goes on where the pause began.")).to_be_visible()
    expect(page.get_by_text("Every delivery was final")).to_be_visible(timeout=240_000)
    expect(page.get_by_text(re.compile(r"100 % of 5,\d\d\d deliveries final"))).to_be_visible()


def deliveries_are_listed(page: Page) -> None:
    page.get_by_role("link", name="Deliveries").click()
    row = page.get_by_role("row", name=re.compile(r"crowd\d+@example.com")).first
    expect(row.get_by_text("sent", exact=True)).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="Back to the start")).to_be_visible()
    page.get_by_label("State").select_option("failed")
    expect(page.get_by_text("No delivery in this state")).to_be_visible()


def test_a_held_article_is_in_no_draft_until_it_is_released(
    browse: Browse, owner_state: Any
) -> None:
    page = browse(state=owner_state)
    title = "The bridge that counts lorries"
    page.goto("/admin/articles?search=lorries")
    page.get_by_role("link", name=title).click()
    page.get_by_role("button", name="Hold").click()
    dialog = page.get_by_role("dialog", name="Hold this article?")
    dialog.get_by_label("Why").fill("The count is disputed")
    dialog.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("Held. No further digest carries it")).to_be_visible()
    expect(page.get_by_text("The count is disputed").first).to_be_visible()
    assert page.goto("/articles/the-bridge-that-counts-lorries").status == 404  # type: ignore[union-attr]
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="1 article is held", exact=True)).to_be_visible()
    page.get_by_role("link", name="Held articles").click()
    page.get_by_role("link", name=title).click()
    page.get_by_role("button", name="Release").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(page.get_by_text("Open. The next digest of each cadence carries it")).to_be_visible()
    assert page.goto("/articles/the-bridge-that-counts-lorries").ok  # type: ignore[union-attr]


def test_a_reader_is_found_by_her_address_with_her_consent(
    browse: Browse, owner_state: Any
) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/readers")
    page.get_by_label("Address begins with").fill("marek.dub")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="marek.dubravec@example.org").click()
    expect(page.get_by_role("heading", name="marek.dubravec@example.org", level=1)).to_be_visible()
    consent = page.get_by_role("region", name="Consent history")
    expect(consent.get_by_role("row", name=re.compile("confirmed"))).to_be_visible()
    expect(consent).to_contain_text("“")  # the wording she agreed to


def test_a_changed_setting_shows_on_the_signup_page(browse: Browse, owner_state: Any) -> None:
    page = browse(state=owner_state)
    page.goto("/admin/settings")
    page.get_by_label("Tagline").fill("Careful analysis, one article at a time.")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("Careful analysis, one article at a time.").first).to_be_visible()


def test_an_invited_editor_acts_and_signs_out_for_good(browse: Browse, owner_state: Any) -> None:
    editor = browse()
    accept(editor, invite(browse(state=owner_state), "editor"), EDITOR)
    editor.goto("/admin/digests")
    expect(editor.get_by_role("button", name="Compose a digest now")).to_be_visible()
    expect(editor.get_by_role("link", name="Settings", exact=True)).to_have_count(0)
    assert editor.goto("/admin/settings").status == 403  # type: ignore[union-attr]
    editor.goto("/admin/")
    editor.get_by_role("button", name="Sign out").click()
    expect(editor.get_by_role("heading", name="Sign in")).to_be_visible()
    editor.goto("/admin/readers")
    expect(editor.get_by_role("heading", name="Sign in")).to_be_visible()
    editor.get_by_label("Address").fill(EDITOR["email"])
    editor.get_by_label("Password").fill(EDITOR["password"])
    editor.get_by_role("button", name="Sign in").click()
    expect(editor.get_by_role("heading", name="Readers", level=1)).to_be_visible()


def test_a_viewer_sees_and_cannot_act(browse: Browse, owner_state: Any) -> None:
    viewer = browse()
    accept(viewer, invite(browse(state=owner_state), "viewer"), VIEWER)
    viewer.goto("/admin/digests")
    expect(viewer.get_by_role("heading", name="All digests")).to_be_visible()
    expect(viewer.get_by_role("button", name="Compose a digest now")).to_have_count(0)
    viewer.goto("/admin/articles/1")
    expect(viewer.get_by_role("heading", name="What became of it")).to_be_visible()
    expect(viewer.get_by_role("button", name=re.compile("Hold|Drop"))).to_have_count(0)
    token = viewer.locator("input[name=csrf_token]").first.input_value()
    for path in ("/admin/digests/compose", "/admin/articles/1/hold", "/admin/readers/export"):
        form = {"csrf_token": token, "cadence": "daily"}
        assert viewer.request.post(path, form=form).status == 403


def invite(owner: Page, role: str) -> str:
    """Return a one-time link for somebody new."""
    owner.goto("/admin/settings/staff")
    owner.get_by_label("Role", exact=True).select_option(role)
    owner.get_by_role("button", name="Make a link").click()
    return owner.get_by_role("textbox", name="Link").input_value()


def accept(page: Page, link: str, person: dict[str, str]) -> None:
    """Come by the link and create the account."""
    page.goto(link)
    for label, value in zip(("Name", "Address", "Password"), person.values(), strict=True):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
