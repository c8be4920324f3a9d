"""Editing a draft in the browser: by form, by autosave, two at once, and its preview."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from newsletter.clock import utc_now
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.subscriptions.models import Subscriber
from tests.factories import Make, reload
from tests.web.admin.conftest import Browser, make_staff
from tests.web.admin.steps import draft, words

Room = Callable[..., Browser]
JSON = {"Accept": "application/json"}


@pytest.fixture
def paper(make: Make) -> Publication:
    paper = make.publication()
    trade = make.topic(publication=paper, name="Trade")
    make.article(publication=paper, title="Rivers", found_at=utc_now())
    make.article(publication=paper, title="Ports", found_at=utc_now(), topics=[trade])
    make.subscription(publication=paper)
    return paper


@pytest.fixture
def digest(paper: Publication) -> Digest:
    return draft(paper)


def form(editor: Browser, digest: Digest, **typed: Any) -> dict[str, Any]:
    """The form as the page has it, with what is typed."""
    page = editor.get(f"/admin/digests/{digest.id}/edit").text
    articles = re.findall(r'name="article" value="(\d+)"', page)
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    return {"version": version, "article": articles} | typed


def save(editor: Browser, digest: Digest, data: dict[str, Any], **options: Any) -> TestResponse:
    return editor.post(f"/admin/digests/{digest.id}/edit", data, **options)


def titles(page: str) -> list[str]:
    return re.findall(r'class="row-title.*?<a [^>]*>([^<]+)</a>', page, re.DOTALL)


def test_the_form_saves_words_and_comes_back_with_them(editor: Browser, digest: Digest) -> None:
    answer = save(
        editor, digest, form(editor, digest, subject="Three ports", introduction="*Hello*")
    )
    assert answer.status_code == 302
    page = editor.get(answer.location).text
    assert 'value="Three ports"' in page
    assert "*Hello*" in page
    acts = list(db.session.scalars(sa.select(AuditEvent.action)))
    assert acts.count("digest_edited") == 1


def test_a_sitting_of_many_saves_leaves_one_record(editor: Browser, digest: Digest) -> None:
    for subject in ("T", "Th", "Three"):
        save(editor, digest, form(editor, digest, subject=subject))
    acts = list(db.session.scalars(sa.select(AuditEvent.action)))
    assert acts.count("digest_edited") == 1


def test_a_button_moves_an_article_without_script_and_keeps_what_is_typed(
    editor: Browser, digest: Digest
) -> None:
    typed = form(editor, digest, subject="Typed on the way")
    before = titles(editor.get(f"/admin/digests/{digest.id}/edit").text)
    answer = save(editor, digest, typed | {"move": f"up-{typed['article'][1]}"})
    assert answer.location.endswith(f"#article-{typed['article'][1]}")
    page = editor.get(answer.location).text
    assert titles(page) == before[::-1]
    assert 'value="Typed on the way"' in page


def test_autosave_answers_with_the_version_and_the_time(editor: Browser, digest: Digest) -> None:
    answer = save(editor, digest, form(editor, digest, subject="Ports"), headers=JSON)
    assert answer.json is not None
    assert answer.json["version"] == 2
    assert re.fullmatch(r"\d\d:\d\d", answer.json["saved"])


def test_a_problem_stands_at_its_field_and_nothing_is_lost(editor: Browser, digest: Digest) -> None:
    typed = form(editor, digest, subject="s" * 151, introduction="Kept as typed")
    answer = save(editor, digest, typed)
    assert answer.status_code == 422
    assert "at most 150 characters" in answer.text
    assert "Kept as typed" in answer.text
    told = save(editor, digest, typed, headers=JSON)
    assert told.status_code == 422
    assert told.json is not None
    assert list(told.json["problems"]) == ["subject"]


def test_words_saved_meanwhile_are_not_written_over_and_mine_are_kept(
    editor: Browser, digest: Digest
) -> None:
    old = form(editor, digest, subject="Mine")
    save(editor, digest, old | {"subject": "Saved in another window"})
    answer = save(editor, digest, old)
    assert answer.status_code == 409
    assert "saved in other words since you opened it" in answer.text
    assert 'value="Mine"' in answer.text
    assert 'name="version" value="2"' in answer.text, "pressed again, it replaces"
    assert reload(digest).subject == "Saved in another window"


def test_two_editors_see_each_other_and_one_takes_over(
    app: Any, editor: Browser, digest: Digest
) -> None:
    ann = Browser(app)
    ann.sign_in(make_staff(StaffRole.OWNER).email)
    save(ann, digest, form(ann, digest, subject="By the owner"))
    page = editor.get(f"/admin/digests/{digest.id}/edit").text
    assert re.search(r"Owner has been editing this since \d\d:\d\d\.", page)
    mine = form(editor, digest, subject="By the editor")
    refused = save(editor, digest, mine)
    assert refused.status_code == 409
    assert 'value="By the editor"' in refused.text
    assert editor.post(f"/admin/digests/{digest.id}/edit/lock", headers=JSON).status_code == 409
    editor.post(f"/admin/digests/{digest.id}/edit/take-over")
    assert save(editor, digest, mine).status_code == 302
    told = ann.post(f"/admin/digests/{digest.id}/edit/lock", headers=JSON)
    assert told.json is not None
    assert told.json["problem"].startswith("Editor has been editing this since")
    editor.post(f"/admin/digests/{digest.id}/edit/leave")
    assert ann.post(f"/admin/digests/{digest.id}/edit/lock", headers=JSON).status_code == 200


def test_who_only_looks_on_is_told_who_edits_until_nobody_does(
    app: Any, editor: Browser, digest: Digest
) -> None:
    ann = Browser(app)
    ann.sign_in(make_staff(StaffRole.OWNER).email)
    lock = f"/admin/digests/{digest.id}/edit/lock"
    assert editor.get(lock).json == {"lock": ""}
    save(ann, digest, form(ann, digest, subject="By the owner"))
    told = editor.get(lock).json
    assert told is not None
    assert re.fullmatch(r"Owner has been editing this since \d\d:\d\d\.", told["lock"])
    assert ann.get(lock).json == {"lock": ""}, "it is hers"
    ann.post(f"/admin/digests/{digest.id}/edit/leave")
    assert editor.get(lock).json == {"lock": ""}


def test_enter_saves_and_does_not_take_over_from_whoever_edits(
    editor: Browser, digest: Digest
) -> None:
    page = editor.get(f"/admin/digests/{digest.id}/edit").text
    own = page[: page.index('<form class="editor"')]
    buttons = re.findall(r'<button[^>]*type="submit"[^>]*form="draft"[^>]*>', own)
    assert 'value="save"' in buttons[0], "browsers press the first button of a form at Enter"
    assert "take-over" in buttons[1]


def test_preflight_beside_the_form_is_of_the_draft_as_it_is_saved(
    editor: Browser, digest: Digest
) -> None:
    address = f"/admin/digests/{digest.id}/edit/preflight"
    assert "Preflight: 1 warning." in editor.get(address).text
    save(editor, digest, form(editor, digest, introduction="Dear {{ first name }},"))
    assert "Preflight: 2 warnings." in editor.get(address).text


def test_a_digest_that_has_gone_keeps_what_was_typed_from_being_believed_saved(
    editor: Browser, digest: Digest
) -> None:
    typed = form(editor, digest, subject="Too late")
    editor.post(f"/admin/digests/{digest.id}/send")
    answer = save(editor, digest, typed)
    assert answer.status_code == 409
    assert "no draft any more" in answer.text
    told = save(editor, digest, typed, headers=JSON)
    assert told.json is not None
    assert told.json["state"] == "scheduled"
    assert editor.get(f"/admin/digests/{digest.id}/edit").status_code == 302


def test_the_preview_is_the_saved_mail_for_chosen_topics_in_a_sandbox(
    paper: Publication, editor: Browser, digest: Digest
) -> None:
    save(editor, digest, form(editor, digest, introduction="A word first"))
    address = f"/admin/digests/{digest.id}/edit/mail"
    everything = editor.get(address)
    assert "sandbox" in everything.headers["Content-Security-Policy"]
    assert "A word first" in everything.text
    assert "Rivers" in everything.text
    topic = paper.topics[0].id
    of_topic = editor.get(f"{address}?topics={topic}").text
    assert "Ports" in of_topic
    assert "Rivers" not in of_topic


def test_dark_and_text_are_views_of_the_same_mail(editor: Browser, digest: Digest) -> None:
    address = f"/admin/digests/{digest.id}/edit/mail"
    assert "@media all" in editor.get(f"{address}?view=dark").text
    assert "@media not all" in editor.get(f"{address}?view=phone").text
    text = editor.get(f"{address}?view=text").text
    assert "<pre" in text
    assert "<h2" not in text


def test_the_preview_as_a_reader_starts_at_her_cursor(
    make: Make, paper: Publication, editor: Browser, digest: Digest
) -> None:
    reader = make.subscription(publication=paper, cursor=paper.last_position - 1)
    email = db.session.get_one(Subscriber, reader.subscriber_id).email
    answer = save(editor, digest, form(editor, digest, as_reader=email[:12], do="reader"))
    assert "reader=" in answer.location
    assert email not in answer.location
    page = editor.get(f"/admin/digests/{digest.id}/edit?reader={reader.id}").text
    assert f"As {email} would get it" in page
    hers = editor.get(f"/admin/digests/{digest.id}/edit/mail?reader={reader.id}").text
    assert "Ports" in hers
    assert "Rivers" not in hers
    reader = make.subscription(publication=paper, cursor=paper.last_position)
    none = editor.get(f"/admin/digests/{digest.id}/edit/mail?reader={reader.id}").text
    assert "Nothing in this digest is for this reader" in none


def test_an_address_that_nobody_has_is_said(editor: Browser, digest: Digest) -> None:
    typed = form(editor, digest, as_reader="nobody@nowhere.example.net", do="reader")
    page = editor.get(save(editor, digest, typed).location)
    assert "No reader has an address that begins with" in words(page.text)


def test_the_digests_page_names_what_was_left_out(editor: Browser, digest: Digest) -> None:
    typed = form(editor, digest)
    save(editor, digest, typed | {f"treatment-{typed['article'][0]}": "left_out"})
    page = editor.get(f"/admin/digests/{digest.id}").text
    assert re.search(r"Left out by an editor: (Rivers|Ports) \.", words(page))
    assert f'href="/admin/digests/{digest.id}/edit">Edit the draft</a>' in page


def test_viewers_have_no_form(staff_room: Room, digest: Digest) -> None:
    viewer = staff_room(StaffRole.VIEWER)
    assert viewer.get(f"/admin/digests/{digest.id}/edit").status_code == 403
    assert "/edit" not in viewer.get(f"/admin/digests/{digest.id}").text
