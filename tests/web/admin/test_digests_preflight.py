"""What preflight finds stands on the digest's page, with the way to mend it or to go past it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.articles.link_checks import resolve_links
from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests.links_ahead import check_links_ahead
from newsletter.digests.models import BlockLabel, Digest, DigestState
from newsletter.digests.preflight_hold import hold_of
from newsletter.digests.start import send_now
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.factories import Make, reload
from tests.listener import Listener
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, draft, words

__all__ = ["server", "start_server"]  # fixtures

Enter = Callable[..., Browser]


@pytest.fixture
def paper(make: Make) -> Publication:
    paper = make.publication(postal_address="1 Sample Street")
    make.subscription(publication=paper)
    return paper


@pytest.fixture
def article(make: Make, paper: Publication, server: LocalServer) -> Article:
    """An article whose page is gone."""
    gone = server.says("/gone", status=404)
    article = make.article(publication=paper, title="Rivers", link=gone, found_at=utc_now())
    resolve_links([gone], clock=utc_now, seconds=10)
    return article


@pytest.fixture
def held(paper: Publication, article: Article) -> Digest:
    digest = draft(paper)
    with unit_of_work():
        send_now(digest=digest)
    publish_digest(digest_id=digest.id, now=utc_now())
    return digest


def key(article: Article) -> str:
    return f"link-gone {article.link}"


def test_a_sound_draft_says_that_nothing_was_found(
    paper: Publication, make: Make, editor: Browser
) -> None:
    make.article(publication=paper, found_at=utc_now())
    page = words(editor.get(f"/admin/digests/{draft(paper).id}").text)
    assert "Preflight Looked at: the one variant. Nothing was found." in page
    assert "Send now" in page


def test_an_error_stands_on_the_page_with_its_article_and_takes_the_button_away(
    paper: Publication, article: Article, editor: Browser
) -> None:
    digest = draft(paper)
    page = editor.get(f"/admin/digests/{digest.id}").text
    assert "This error keeps it from going out." in words(page)
    assert f'<a href="/admin/articles/{article.id}">The article</a>' in page
    assert f"/admin/digests/{digest.id}/send-anyway" in buttons(page)
    assert f"/admin/digests/{digest.id}/send" not in buttons(page)


def test_a_draft_with_errors_is_not_sent(
    paper: Publication, article: Article, editor: Browser, queue: Listener
) -> None:
    digest = draft(paper)
    answer = editor.post(f"/admin/digests/{digest.id}/send")
    assert "Not sent. The link" in editor.get(answer.location).text
    assert (reload(digest).state, queue.jobs) == (DigestState.DRAFT, [])


def test_staff_send_it_anyway_and_the_record_keeps_what_they_overruled(
    paper: Publication, article: Article, editor: Browser, queue: Listener
) -> None:
    digest = draft(paper)
    editor.post(f"/admin/digests/{digest.id}/send-anyway", {"seen": key(article)})
    assert reload(digest).state is DigestState.SCHEDULED
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": digest.id})]
    act = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert act is not None
    assert (act.action, act.object_id) == ("digest_sent_anyway", digest.id)
    assert "the page is gone" in act.detail
    publish_digest(digest_id=digest.id, now=utc_now())
    assert reload(digest).state is DigestState.SENDING


def test_what_staff_did_not_see_is_not_overruled(
    paper: Publication, article: Article, editor: Browser
) -> None:
    digest = draft(paper)
    answer = editor.post(f"/admin/digests/{digest.id}/send-anyway", {"seen": "another"})
    assert "Something else was found meanwhile." in editor.get(answer.location).text
    assert reload(digest).state is DigestState.DRAFT


def test_what_would_be_no_mail_cannot_be_sent_anyway(
    paper: Publication, make: Make, editor: Browser
) -> None:
    make.article(publication=paper, found_at=utc_now())
    with unit_of_work() as session:
        session.get_one(Publication, paper.id).from_email = "no address"
    digest = draft(paper)
    page = editor.get(f"/admin/digests/{digest.id}").text
    assert "Not all of this can be overruled." in words(page)
    assert f"/admin/digests/{digest.id}/send-anyway" not in buttons(page)
    answer = editor.post(f"/admin/digests/{digest.id}/send-anyway", {"seen": "from-address"})
    assert "This cannot be overruled." in editor.get(answer.location).text
    assert reload(digest).state is DigestState.DRAFT


def test_a_held_digest_says_so_on_its_page_and_in_the_overview(
    held: Digest, editor: Browser
) -> None:
    page = words(editor.get(f"/admin/digests/{held.id}").text)
    assert "Preflight has held it since" in page
    assert "a worker looks again every few minutes" in page
    overview = words(editor.get("/admin/").text)
    assert "The daily digest waits" in overview
    assert "Mend it, or send the digest anyway." in overview
    assert "preflight holds it, and nobody has got it" in overview
    assert "a worker will take it" not in overview
    assert " held Daily " in words(editor.get("/admin/digests").text)


def test_staff_have_a_held_digest_looked_at_again(
    held: Digest, article: Article, editor: Browser, server: LocalServer, queue: Listener
) -> None:
    server.says("/gone", b"here")
    editor.post(f"/admin/digests/{held.id}/look-again")
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": held.id})]
    publish_digest(digest_id=held.id, now=utc_now())
    assert reload(held).state is DigestState.SENDING
    answer = editor.post(f"/admin/digests/{held.id}/look-again")
    assert "It is not held any more." in editor.get(answer.location).text


def test_a_held_digest_is_sent_anyway(
    held: Digest, article: Article, editor: Browser, queue: Listener
) -> None:
    editor.post(f"/admin/digests/{held.id}/send-anyway", {"seen": key(article)})
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": held.id})]
    publish_digest(digest_id=held.id, now=utc_now())
    assert reload(held).state is DigestState.SENDING


def test_viewers_see_it_and_change_nothing(
    held: Digest, article: Article, staff_room: Enter
) -> None:
    viewer = staff_room(StaffRole.VIEWER)
    page = viewer.get(f"/admin/digests/{held.id}").text
    assert "This error keeps it from going out." in words(page)
    assert buttons(page) == []
    for act in ("look-again", "send-anyway"):
        assert viewer.post(f"/admin/digests/{held.id}/{act}").status_code == 403
    assert hold_of(reload(held)) is not None


def test_while_editing_it_is_said_what_keeps_the_draft_from_going(
    paper: Publication, article: Article, editor: Browser, make: Make
) -> None:
    page = words(editor.get(f"/admin/digests/{draft(paper).id}/edit").text)
    assert "It does not go out like this. Preflight: 1 error." in page
    with unit_of_work() as session:
        session.delete(session.get_one(Article, article.id))
    make.article(publication=paper, found_at=utc_now())
    page = words(editor.get(f"/admin/digests/{draft(paper).id}/edit").text)
    assert "Preflight: nothing was found." in page


def test_what_is_mended_in_the_draft_leads_to_the_field_where_it_is(
    paper: Publication, editor: Browser, make: Make
) -> None:
    make.article(publication=paper, found_at=utc_now())
    digest = draft(paper)
    with unit_of_work() as session:
        session.get_one(Digest, digest.id).subject = "x" * 90
    page = editor.get(f"/admin/digests/{digest.id}").text
    link = f"/admin/digests/{digest.id}/edit#field-subject"
    assert f'<a href="{link}">The draft</a>' in page
    assert 'id="field-subject"' in editor.get(link.partition("#")[0]).text


def test_what_is_mended_in_the_settings_leads_to_the_field_where_it_is(
    paper: Publication, editor: Browser, make: Make, staff_room: Enter
) -> None:
    make.article(publication=paper, found_at=utc_now())
    with unit_of_work() as session:
        stored = session.get_one(Publication, paper.id)
        stored.postal_address, stored.from_email = "", "no address"
    address = f"/admin/digests/{draft(paper).id}"
    assert "An owner changes it in the settings." in editor.get(address).text
    owner = staff_room(StaffRole.OWNER)
    page, settings = owner.get(address).text, owner.get("/admin/settings").text
    for field in ("postal_address", "from_email"):
        assert f'<a href="/admin/settings#field-{field}">Settings</a>' in page
        assert f'id="field-{field}"' in settings


def test_a_dead_link_in_the_words_of_editors_leads_to_those_words(
    paper: Publication, editor: Browser, make: Make, server: LocalServer
) -> None:
    make.article(publication=paper, found_at=utc_now(), link=server.says("/there", b"here"))
    typed, fair = server.says("/typo", status=404), server.says("/fair", status=404)
    digest = draft(paper)
    with unit_of_work() as session:
        stored = session.get_one(Digest, digest.id)
        stored.introduction = f"See [this]({typed})."
        stored.block_label, stored.block_title = BlockLabel.ADVERTISEMENT, "Ropes"
        stored.block_link = fair
    check_links_ahead(clock=utc_now)
    page = editor.get(f"/admin/digests/{digest.id}").text
    assert "2 warnings" in words(editor.get(f"/admin/digests/{digest.id}/edit").text)
    for field in ("introduction", "block_link"):
        assert f'<a href="/admin/digests/{digest.id}/edit#field-{field}">The draft</a>' in page
