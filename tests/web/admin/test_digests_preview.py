"""The preview of a digest, and proofs by mail."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from newsletter.clock import utc_now
from newsletter.jobs import Job
from newsletter.mail.models import SendingMark
from newsletter.publications.models import Publication
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.listener import Listener
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import draft, sending, words

Room = Callable[..., Browser]
MARKER = re.compile(r"zz[0-9a-f]{24}[a-z]+zz")


@pytest.fixture
def paper(make: Make) -> Publication:
    paper = make.publication()
    make.article(publication=paper, title="Rivers and their data")
    make.subscription(publication=paper)
    return paper


def test_a_draft_is_shown_as_a_reader_of_every_topic_gets_it(
    paper: Publication, staff_room: Room
) -> None:
    digest = draft(paper)
    page = staff_room().get(f"/admin/digests/{digest.id}/preview").text
    assert "Subject Rivers and their data" in words(page)
    assert re.search(r"Size \d+\.\d kB of 95\.0 kB", words(page))
    assert "readers of every topic; 1 variant" in words(page)
    frame = re.search(r"<iframe[^>]+>", page)
    assert frame is not None
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]
    assert f'src="/admin/digests/{digest.id}/preview/mail"' in frame[0]


def test_the_mail_itself_runs_nothing_and_reaches_nothing(
    paper: Publication, staff_room: Room
) -> None:
    answer = staff_room().get(f"/admin/digests/{draft(paper).id}/preview/mail")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "Rivers and their data" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("make_digest", [draft, sending])
def test_no_marker_is_left_and_personal_links_are_nobodys(
    make_digest: Callable[..., object], paper: Publication, staff_room: Room
) -> None:
    digest = make_digest(paper)
    room = staff_room()
    mail = room.get(f"/admin/digests/{digest.id}/preview/mail").text  # type: ignore[attr-defined]
    text = room.get(f"/admin/digests/{digest.id}/preview?view=text").text  # type: ignore[attr-defined]
    assert not MARKER.search(mail)
    assert not MARKER.search(text)
    link = re.search(r"/unsubscribe/[a-z0-9-]+", mail)
    assert link is not None
    assert "reader1" not in mail
    opened = room.get(link[0])
    assert opened.status_code in (404, 410)


@pytest.mark.parametrize(("view", "sign"), [("phone", "mail-phone"), ("desktop", "mail-desktop")])
def test_the_width_is_chosen_in_the_address(
    view: str, sign: str, paper: Publication, staff_room: Room
) -> None:
    page = staff_room().get(f"/admin/digests/{draft(paper).id}/preview?view={view}").text
    assert f'class="mail-frame {sign}"' in page


def test_the_palette_is_chosen_too_whatever_that_of_the_machine(
    paper: Publication, staff_room: Room
) -> None:
    room, path = staff_room(), f"/admin/digests/{draft(paper).id}/preview"
    frame = re.search(r'<iframe[^>]+src="([^"]+)"', room.get(f"{path}?view=dark").text, re.DOTALL)
    assert frame is not None
    assert frame[1] == f"{path}/mail?view=dark"
    for address, palette in ((frame[1], "@media all"), (f"{path}/mail", "@media not all")):
        mail = room.get(address).text
        assert palette in mail
        assert "prefers-color-scheme: dark)" not in mail


def test_the_plain_text_is_shown_as_text(paper: Publication, make: Make, staff_room: Room) -> None:
    make.article(publication=paper, title="Bridges <b>& tolls</b>")
    page = staff_room().get(f"/admin/digests/{draft(paper).id}/preview?view=text").text
    assert "<iframe" not in page
    assert "Bridges &lt;b&gt;&amp; tolls" in page


def test_the_variants_of_a_frozen_digest_can_be_told_apart(
    paper: Publication, make: Make, staff_room: Room
) -> None:
    europe = make.topic(publication=paper, name="Europe")
    make.article(publication=paper, title="Only about Europe", topics=[europe])
    for _ in range(2):
        make.subscription(publication=paper, topics=frozenset([europe.id]))
    digest = sending(paper)
    room = staff_room()
    page = room.get(f"/admin/digests/{digest.id}/preview").text
    options = dict(re.findall(r'<option value="(\d+)"[^>]*>(\d+ readers?)', page))
    assert sorted(options.values()) == ["1 reader", "2 readers"]
    europeans = next(key for key, readers in options.items() if readers == "2 readers")
    mail = room.get(f"/admin/digests/{digest.id}/preview/mail?variant={europeans}").text
    assert "Only about Europe" in mail
    assert "Rivers and their data" not in mail


def test_nothing_to_carry_is_said(make: Make, staff_room: Room) -> None:
    digest = draft(make.publication())
    room = staff_room()
    assert "nothing to send" in room.get(f"/admin/digests/{digest.id}/preview").text
    assert room.get(f"/admin/digests/{digest.id}/preview/mail").status_code == 404


def test_a_proof_goes_to_whoever_asks_and_says_where(
    app: Flask, paper: Publication, staff_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    monkeypatch.setitem(app.extensions, "job_queue", listener)
    digest = draft(paper)
    room = staff_room(StaffRole.EDITOR)
    answer = room.post(f"/admin/digests/{digest.id}/proof")
    ids = {"digest_id": digest.id, "staff_id": room.member.id}
    assert listener.jobs == [(Job.SEND_PROOF, ids)]
    page = room.get(answer.location).text
    assert "A proof goes to editor@example.org." in page
    assert '<a href="/dev/outbox">outbox</a>' in page


def test_a_proof_that_nobody_took_is_not_promised(
    app: Flask, paper: Publication, staff_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "job_queue", Listener(answers=False))
    digest = draft(paper)
    room = staff_room(StaffRole.EDITOR)
    page = room.get(room.post(f"/admin/digests/{digest.id}/proof").location).text
    assert "no proof was sent" in page
    assert "A proof goes to" not in page


def test_while_sending_is_held_no_proof_is_promised(
    app: Flask, paper: Publication, staff_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    monkeypatch.setitem(app.extensions, "job_queue", listener)
    with unit_of_work() as session:
        held = {"id": 1, "number": 1, "at": utc_now(), "held_since": utc_now(), "reason": "held"}
        session.add(SendingMark(**held))
    digest = draft(paper)
    room = staff_room()
    page = room.get(room.post(f"/admin/digests/{digest.id}/proof").location).text
    assert "Sending is held, so no proof was sent." in page
    assert listener.jobs == []


def test_a_proof_of_nothing_is_refused(
    app: Flask, make: Make, staff_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    monkeypatch.setitem(app.extensions, "job_queue", listener)
    digest = draft(make.publication())
    room = staff_room()
    answer = room.post(f"/admin/digests/{digest.id}/proof")
    assert listener.jobs == []
    assert "there is nothing to send" in room.get(answer.location).text
