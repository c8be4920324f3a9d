"""An edit on the article's page, and the correction that editors make of it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import batch_ids
from tests.factories import Make, reload
from tests.listener import Listener
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, sending, words

Room = Callable[..., Browser]
NOTE = "It carried ten lorries, not twelve."


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(slug="harbour")


@pytest.fixture
def article(make: Make, paper: Publication) -> Article:
    """An article that two readers were sent and that was edited since."""
    for _ in range(2):
        make.subscription(publication=paper)
    written = make.article(
        publication=paper,
        title="The bridge",
        content_html="<p>It carried twelve lorries.</p><p>Nothing else changed.</p>",
    )
    digest = sending(paper)
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=utc_now)
    with unit_of_work() as session:
        edited = session.get_one(Article, written.id)
        edited.content_html = "<p>It carried ten lorries.</p><p>Nothing else changed.</p>"
    return edited


def path_of(article: Article) -> str:
    return f"/admin/articles/{article.id}"


def only_correction() -> Digest:
    db.session.rollback()
    return db.session.scalars(sa.select(Digest).where(Digest.kind == DigestKind.CORRECTION)).one()


def test_the_page_marks_what_the_edit_changed_for_eyes_and_ears(
    editor: Browser, article: Article
) -> None:
    page = editor.get(path_of(article)).text
    assert "Edited since it was sent" in words(page)
    deleted = page.partition("<del>")[2].partition("</del>")[0]
    inserted = page.partition("<ins>")[2].partition("</ins>")[0]
    assert words(deleted) == "deleted: twelve , end of deletion"
    assert words(inserted) == "inserted: ten , end of insertion"
    assert "Nothing else changed." not in page
    assert f'href="{path_of(article)}/correction"' in page


def test_the_ledger_marks_the_edited_article_alone(
    editor: Browser, make: Make, paper: Publication, article: Article
) -> None:
    make.article(publication=paper)
    assert editor.get("/admin/articles").text.count("edited since it was sent") == 1


def test_an_article_without_an_edit_offers_nothing(
    editor: Browser, make: Make, paper: Publication
) -> None:
    untouched = make.article(publication=paper)
    assert "/correction" not in editor.get(path_of(untouched)).text
    answer = editor.get(f"{path_of(untouched)}/correction")
    assert answer.location == path_of(untouched)
    assert "has not been edited" in editor.get(answer.location).text


def test_a_correction_for_one_reader_speaks_of_one(editor: Browser, article: Article) -> None:
    with unit_of_work() as session:
        session.delete(session.scalars(sa.select(Subscription).limit(1)).one())
    form = words(editor.get(f"{path_of(article)}/correction").text)
    assert "It goes to 1 reader who was sent the article in other words." in form


def test_the_way_to_a_correction(editor: Browser, article: Article, queue: Listener) -> None:
    form = editor.get(f"{path_of(article)}/correction").text
    assert "It goes to 2 readers who were sent the article in other words." in words(form)
    answer = editor.post(f"{path_of(article)}/correction", {"note": NOTE})
    digest = only_correction()
    assert answer.location == f"/admin/digests/{digest.id}"
    page = editor.get(answer.location).text
    told = words(page)
    assert "Correction: The bridge" in told
    assert "Readers who would get it 2" in told
    assert "It goes to 2 readers who were sent the article in other words." in told
    assert NOTE in told
    assert "Positions" not in told
    assert digest.state is DigestState.DRAFT
    event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.object_id) == ("correction_drafted", article.id)

    preview = editor.get(f"/admin/digests/{digest.id}/preview?view=text").text
    assert "Correction: The bridge" in preview
    assert NOTE in preview

    editor.post(f"/admin/digests/{digest.id}/send")
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": digest.id})]
    publish_digest(digest_id=digest.id, now=utc_now())
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=utc_now)
    assert reload(digest).state is DigestState.SENT
    story = words(editor.get(path_of(article)).text)
    assert "Correction written by Editor." in story
    assert "In a correction, which has gone out." in story
    assert "Sent to 2 readers." in story
    assert "Edited since it was sent" not in story


def test_a_note_that_is_missing_is_asked_for_at_its_field(
    editor: Browser, article: Article
) -> None:
    editor.get(f"{path_of(article)}/correction")
    answer = editor.post(f"{path_of(article)}/correction", {"note": "  "})
    assert answer.status_code == 422
    assert 'aria-describedby="problem-note' in answer.text
    too_long = editor.post(f"{path_of(article)}/correction", {"note": "long " * 200})
    assert too_long.status_code == 422
    assert "at most 600 characters" in too_long.text
    assert "long long" in too_long.text
    assert db.session.scalar(sa.select(Digest.id).where(Digest.note != "")) is None


def test_a_correction_under_way_is_opened_not_doubled(editor: Browser, article: Article) -> None:
    editor.get(path_of(article))
    editor.post(f"{path_of(article)}/correction", {"note": NOTE})
    digest = only_correction()
    page = editor.get(path_of(article)).text
    assert f'href="/admin/digests/{digest.id}"' in page
    assert "/correction" not in page
    assert buttons(editor.get(f"{path_of(article)}/correction").text) == []
    answer = editor.post(f"{path_of(article)}/correction", {"note": NOTE})
    assert answer.location == path_of(article)
    assert "under way already" in editor.get(answer.location).text
    only_correction()


def test_nobody_left_to_write_to_is_said(editor: Browser, article: Article) -> None:
    with unit_of_work() as session:
        session.execute(sa.delete(Delivery))
    page = editor.get(f"{path_of(article)}/correction").text
    assert "there is nobody to write to" in page
    assert buttons(page) == []


def test_lists_and_the_archive_know_it_for_what_it_is(
    editor: Browser, article: Article, queue: Listener
) -> None:
    editor.get(path_of(article))
    editor.post(f"{path_of(article)}/correction", {"note": NOTE})
    digest = only_correction()
    editor.post(f"/admin/digests/{digest.id}/send")
    publish_digest(digest_id=digest.id, now=utc_now())
    assert "Correction: The bridge sending Correction" in words(editor.get("/admin/digests").text)
    assert "in correction of" in words(editor.get("/admin/articles").text)
    assert editor.get(f"/archive/{digest.slug}").status_code == 404
    for address in ("/archive/?cadence=instant", "/archive.atom?cadence=instant"):
        assert "Correction" not in editor.get(address).text
    page = editor.get(f"/admin/digests/{digest.id}").text
    assert "On the web" not in page
    editor.post(f"/admin/digests/{digest.id}/pause")
    assert "A correction waits" in editor.get("/admin/").text


def test_a_viewer_sees_the_edit_and_may_not_act(article: Article, staff_room: Room) -> None:
    viewer = staff_room(StaffRole.VIEWER)
    page = viewer.get(path_of(article)).text
    assert "Edited since it was sent" in page
    assert "/correction" not in page
    assert viewer.get(f"{path_of(article)}/correction").status_code == 403
    assert viewer.post(f"{path_of(article)}/correction", {"note": NOTE}).status_code == 403
