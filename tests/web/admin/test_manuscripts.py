"""The form in which staff write an article."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image

from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.models import Article, Picture
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from tests.articles.bitmaps import jpeg
from tests.factories import Make
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import sending, words

Room = Callable[..., Browser]
NEW = "/admin/articles/written/new"
TYPED = {
    "title": "Rivers rise",
    "standfirst": "A night at the quay.",
    "author": "Noor Valestri",
    "body": "The river **rose**.\n\nNobody was hurt.",
    "more_topics": "Ports, Weather",
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600"/>'


@pytest.fixture
def room(staff_room: Room, paper: Publication) -> Browser:
    seated = staff_room(StaffRole.EDITOR)
    seated.get(NEW)
    return seated


def only(kind: type[Any]) -> Any:
    db.session.rollback()
    return db.session.scalars(sa.select(kind)).one()


def count(kind: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0


def write(room: Browser, do: str, *, status: int = 302, **fields: Any) -> str:
    """Fill in the form and press a button: that of the draft there is, else of a new one."""
    db.session.rollback()
    draft = db.session.scalar(sa.select(Manuscript))
    address = f"/admin/articles/written/{draft.id}" if draft else NEW
    version = draft.version if draft else 0
    answer = room.post(
        address,
        {**TYPED, "version": version, "do": do, **fields},
        content_type="multipart/form-data",
        headers={"Accept": "text/html"},
    )
    assert answer.status_code == status, answer.text
    return answer.text


def upload(content: bytes, name: str = "quay.jpg", **words: str) -> dict[str, Any]:
    return {"picture": (io.BytesIO(content), name), **{f"new_{k}": v for k, v in words.items()}}


def acts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_looking_at_the_form_stores_nothing(room: Browser) -> None:
    assert 'name="title"' in room.get(NEW).text
    assert count(Manuscript) == 0


def test_a_draft_is_saved_listed_and_invisible_to_readers(
    room: Browser, client: FlaskClient
) -> None:
    write(room, "save")
    page = words(room.get("/admin/articles/written").text)
    assert "Rivers rise" in page
    assert "draft" in page
    assert count(Article) == 0
    assert client.get("/articles/rivers-rise").status_code == 404
    assert acts()[-2:] == ["manuscript_started", "manuscript_saved"]


def test_a_published_article_stands_everywhere(
    room: Browser, client: FlaskClient, make: Make, paper: Publication
) -> None:
    make.subscription(publication=paper)
    write(room, "publish")
    article = only(Article)
    page = client.get("/articles/rivers-rise").text
    assert "<strong>rose</strong>" in page
    assert '<link rel="canonical" href="http://localhost/articles/rivers-rise">' in page
    assert "/articles/rivers-rise" in client.get("/sitemap.xml").text
    assert "Rivers rise" in client.get("/topics/ports").text
    assert "Rivers rise" in client.get("/topics/ports.atom").text
    assert "Rivers rise" in client.get("/search?q=rose").text
    digest = sending(paper)
    assert [one.article_id for one in digest.articles] == [article.id]
    assert "Rivers rise" in client.get("/archive.atom").text
    story = words(room.get(f"/admin/articles/{article.id}").text)
    assert "Written by Noor Valestri, here and not in a feed; it has position 1." in story
    assert "Published by Editor." in story
    assert "none: written here" in story


def test_an_edit_after_the_mail_can_be_corrected(
    room: Browser, make: Make, paper: Publication
) -> None:
    make.subscription(publication=paper)
    write(room, "publish")
    sending(paper)
    write(room, "save", body="The river rose twice.")
    article = only(Article)
    assert "Mail a correction" not in room.get(f"/admin/articles/{article.id}").text
    write(room, "publish", body="The river rose twice.")
    page = room.get(f"/admin/articles/{article.id}").text
    assert "Mail a correction" in page
    assert "Edited by Editor." in words(page)
    assert "Changed at its source" not in page


def test_what_is_missing_is_said_and_what_was_typed_comes_back(room: Browser) -> None:
    page = write(room, "publish", status=400, title="", more_topics="Ports & quays")
    assert "An article needs a headline." in page
    assert "The river **rose**." in page
    assert "Ports &amp; quays" in page
    assert count(Manuscript) == count(Article) == 0


def test_somebody_elses_save_is_not_overwritten_unseen(room: Browser) -> None:
    write(room, "save")
    page = write(room, "save", status=409, version=1, body="Mine.")
    assert "Somebody else saved this article" in page
    assert "Mine." in page
    assert only(Manuscript).body == TYPED["body"]
    version = page.partition('name="version" value="')[2].partition('"')[0]
    write(room, "save", version=version, body="Mine.")
    assert only(Manuscript).body == "Mine."


def test_a_picture_is_made_ours_and_stands_in_article_and_preview(
    room: Browser, client: FlaskClient
) -> None:
    write(room, "upload", **upload(jpeg(2000, 1000), alt="A quay", credit="Rui Example"))
    picture = only(Picture)
    line = "![](picture:1)"
    assert line in room.get(f"/admin/articles/written/{only(Manuscript).id}").text
    number = picture.id
    write(
        room,
        "publish",
        body=f"Words.\n\n{line}",
        **{f"alt-{number}": "The quay", f"credit-{number}": "Rui Example", "lead": number},
    )
    page = client.get("/articles/rivers-rise").text
    assert f"/pictures/{picture.file}" in page
    assert 'alt="The quay"' in page
    assert "Rui Example" in page
    assert client.get(f"/pictures/{picture.file}").mimetype == "image/jpeg"


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (SVG, 400, "It is not a JPEG, PNG, GIF, WebP or AVIF picture."),
        (b"%PDF-1.7", 400, "It is not a JPEG, PNG, GIF, WebP or AVIF picture."),
        (b"", 400, "It is not a JPEG, PNG, GIF, WebP or AVIF picture."),
        (jpeg(8, 8), 400, "a counter or an icon"),
        (b"\xff\xd8" + bytes(10 * 1024 * 1024), 413, "The file is larger than 10 MB."),
    ],
    ids=["svg", "pdf", "empty", "icon", "too large"],
)
def test_a_file_that_is_no_picture_is_refused_and_the_text_comes_back(
    room: Browser, content: bytes, status: int, sentence: str
) -> None:
    page = write(room, "upload", status=status, **upload(content, alt="A quay"))
    assert sentence in page
    assert "The river **rose**." in page
    assert 'value="A quay"' in page
    assert count(Manuscript) == count(Picture) == 0


def test_a_decompression_bomb_is_refused(room: Browser) -> None:
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert bomb.tell() < 500_000
    page = write(room, "save", status=400, **upload(bomb.getvalue(), "bomb.png"))
    assert "million pixels" in page


def test_a_request_beyond_all_measure_is_refused_in_words(room: Browser) -> None:
    page = write(room, "upload", status=413, **upload(bytes(33 * 1024 * 1024)))
    assert "larger than this service takes" in page


def test_a_picture_is_taken_out(room: Browser) -> None:
    write(room, "upload", **upload(jpeg()))
    write(room, f"remove-{only(Picture).id}")
    assert only(Manuscript).pictures == []
    write(room, "upload", **upload(jpeg(900, 500)))
    assert [one.number for one in only(Manuscript).pictures] == [2]


def test_the_preview_is_what_readers_will_see_and_stores_nothing(room: Browser) -> None:
    answer = room.post("/admin/articles/written/preview", TYPED | {"manuscript_id": ""})
    assert "<strong>rose</strong>" in answer.text
    assert "<html" not in answer.text
    assert count(Manuscript) == 0


def test_a_long_text_has_a_preview_too(room: Browser) -> None:
    long = "слово " * 49_000
    answer = room.post(
        "/admin/articles/written/preview",
        TYPED | {"body": long, "manuscript_id": ""},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 200
    assert answer.text.count("слово") == 49_000


def test_a_script_saves_a_draft_and_gets_its_address(room: Browser) -> None:
    def save(address: str, version: int) -> Any:
        typed = {**TYPED, "version": version, "do": "autosave"}
        return room.post(address, typed, headers={"Accept": "application/json"})

    told = save(NEW, 0).json
    draft = only(Manuscript)
    assert told == {"address": f"/admin/articles/written/{draft.id}", "version": draft.version}
    assert save(told["address"], told["version"]).json["version"] == told["version"]
    refused = save(told["address"], 1)
    assert (refused.status_code, refused.json["error"][:13]) == (409, "Somebody else")
    assert "manuscript_saved" not in acts()


def test_a_draft_is_discarded_and_a_published_one_is_not(room: Browser) -> None:
    write(room, "save")
    draft = only(Manuscript)
    room.post(f"/admin/articles/written/{draft.id}/discard")
    assert count(Manuscript) == 0
    write(room, "publish")
    room.post(f"/admin/articles/written/{only(Manuscript).id}/discard")
    assert count(Manuscript) == 1


def test_viewers_read_the_list_and_write_nothing(staff_room: Room, paper: Publication) -> None:
    viewer = staff_room(StaffRole.VIEWER)
    assert viewer.get("/admin/articles/written").status_code == 200
    assert viewer.get(NEW).status_code == 403
    assert viewer.post(NEW, TYPED).status_code == 403


def test_a_manuscript_of_another_publication_does_not_exist_here(room: Browser, make: Make) -> None:
    write(room, "save")
    number = only(Manuscript).id
    other = make.publication()
    room.get(f"/admin/articles/written?publication={other.slug}")
    assert room.get(f"/admin/articles/written/{number}").status_code == 404


def test_without_a_script_every_button_is_in_the_form(room: Browser) -> None:
    write(room, "save")
    page = room.get(f"/admin/articles/written/{only(Manuscript).id}").text
    pressed = set(re.findall(r'type="submit" name="do" value="(\w+)"', page))
    assert pressed == {"save", "publish", "upload"}
