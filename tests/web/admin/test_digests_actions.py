"""What staff do with a digest."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import DigestState
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from tests.factories import Make, reload
from tests.listener import Listener
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, draft, sending, words

Room = Callable[..., Browser]


@pytest.fixture
def paper(make: Make) -> Publication:
    paper = make.publication()
    make.article(publication=paper, title="Rivers and their data", found_at=utc_now())
    for _ in range(3):
        make.subscription(publication=paper)
    return paper


def _acts() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_sending_states_the_true_number_and_asks(
    paper: Publication, make: Make, editor: Browser
) -> None:
    asia = make.topic(publication=paper, name="Asia")
    make.subscription(publication=paper, topics=frozenset([asia.id]))
    page = words(editor.get(f"/admin/digests/{draft(paper).id}").text)
    assert "Send this digest now? It goes to 3 readers of the daily cadence. 1 more is due" in page


def test_a_draft_that_is_sent_goes_to_the_workers(
    paper: Publication, editor: Browser, queue: Listener
) -> None:
    digest = draft(paper)
    editor.post(f"/admin/digests/{digest.id}/send")
    assert reload(digest).state is DigestState.SCHEDULED
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": digest.id})]
    assert _acts()[-1] == "digest_sent_by_hand"


def test_sending_twice_sends_once(paper: Publication, editor: Browser, queue: Listener) -> None:
    digest = draft(paper)
    editor.post(f"/admin/digests/{digest.id}/send")
    answer = editor.post(f"/admin/digests/{digest.id}/send")
    assert "cannot become scheduled" in editor.get(answer.location).text
    assert len(queue.jobs) == 1
    assert _acts().count("digest_sent_by_hand") == 1


def test_a_draft_without_articles_offers_no_sending(make: Make, staff_room: Room) -> None:
    digest = draft(make.publication())
    page = staff_room().get(f"/admin/digests/{digest.id}").text
    assert buttons(page) == [
        f"/admin/digests/{digest.id}/cancel",
        f"/admin/digests/{digest.id}/subject",
    ]
    assert "there is nothing to send" in page


def test_a_discarded_draft_leaves_readers_where_they_were(
    paper: Publication, editor: Browser, queue: Listener
) -> None:
    digest = draft(paper)
    editor.post(f"/admin/digests/{digest.id}/cancel", {"reason": "draft discarded"})
    fresh = reload(digest)
    assert (fresh.state, fresh.reason) == (DigestState.CANCELLED, "draft discarded")
    assert "3 readers due, 1 article" in words(editor.get("/admin/digests").text)


def test_pausing_and_resuming_change_what_the_page_offers(
    paper: Publication, editor: Browser, queue: Listener
) -> None:
    digest = sending(paper)
    path = f"/admin/digests/{digest.id}"
    editor.post(f"{path}/pause")
    paused = editor.get(path).text
    assert reload(digest).paused_at is not None
    assert buttons(paused) == [f"{path}/cancel", f"{path}/resume"]
    queue.jobs.clear()
    editor.post(f"{path}/resume")
    assert reload(digest).paused_at is None
    assert [job for job, _ in queue.jobs] == [Job.SEND_BATCH]
    assert buttons(editor.get(path).text) == [f"{path}/cancel", f"{path}/pause"]


def test_cancelling_leaves_out_who_waits_and_says_how_many(
    paper: Publication, editor: Browser
) -> None:
    digest = sending(paper)
    path = f"/admin/digests/{digest.id}"
    assert "About 3 readers would be left out for good" in words(editor.get(path).text)
    editor.post(f"{path}/cancel", {"reason": "  wrong   picture "})
    page = words(editor.get(path).text)
    assert "3 readers were left out." in page
    assert reload(digest).reason == "wrong picture"
    states = set(db.session.scalars(sa.select(Delivery.state)))
    assert states == {DeliveryState.SKIPPED}


@pytest.mark.parametrize("act", ["pause", "resume", "send", "cancel", "subject"])
def test_an_act_that_comes_too_late_is_said_and_changes_nothing(
    act: str, paper: Publication, make: Make, editor: Browser
) -> None:
    sent = make.digest(publication=paper, subject="As sent")
    answer = editor.post(f"/admin/digests/{sent.id}/{act}", {"subject": "Another"})
    assert answer.status_code == 302
    assert "alert-warning" in editor.get(answer.location).text
    fresh = reload(sent)
    assert (fresh.state, fresh.subject, fresh.paused_at) == (DigestState.SENT, "As sent", None)
    assert f"digest_{act}" not in " ".join(_acts())


def test_the_subject_of_a_draft_names_it(paper: Publication, editor: Browser) -> None:
    digest = draft(paper)
    answer = editor.post(f"/admin/digests/{digest.id}/subject", {"subject": "Three bridges"})
    assert "Three bridges" in words(editor.get(answer.location).text)
    preview = words(editor.get(f"/admin/digests/{digest.id}/preview").text)
    assert "Subject Three bridges" in preview


def test_a_long_subject_is_refused_at_its_field_and_kept(
    paper: Publication, editor: Browser
) -> None:
    digest = draft(paper)
    typed = "Bridges " * 25
    answer = editor.post(f"/admin/digests/{digest.id}/subject", {"subject": typed})
    assert answer.status_code == 422
    assert "Write at most 150 characters" in answer.text
    assert typed in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert reload(digest).subject == ""


@pytest.mark.parametrize("act", ["send", "pause", "resume", "cancel", "subject", "proof"])
def test_a_viewer_may_not_act(act: str, paper: Publication, staff_room: Room) -> None:
    digest = draft(paper)
    answer = staff_room(StaffRole.VIEWER).post(f"/admin/digests/{digest.id}/{act}")
    assert answer.status_code == 403
    assert reload(digest).state is DigestState.DRAFT


def test_a_viewer_may_not_compose(paper: Publication, staff_room: Room) -> None:
    answer = staff_room(StaffRole.VIEWER).post("/admin/digests/compose", {"cadence": "daily"})
    assert answer.status_code == 403


def test_an_act_needs_the_token_of_the_page(paper: Publication, editor: Browser) -> None:
    digest = draft(paper)
    answer = editor.post(f"/admin/digests/{digest.id}/send", {"csrf_token": "forged"})
    assert answer.status_code == 403
    assert reload(digest).state is DigestState.DRAFT


@pytest.mark.parametrize("act", ["send", "cancel", "subject", "proof"])
def test_nobody_acts_on_another_publications_digest(
    act: str, paper: Publication, make: Make, editor: Browser
) -> None:
    foreign = draft(make.publication())
    assert editor.post(f"/admin/digests/{foreign.id}/{act}").status_code == 404
    assert reload(foreign).state is DigestState.DRAFT


def test_the_way_out_of_cancelling_is_not_called_cancel(
    paper: Publication, editor: Browser
) -> None:
    page = editor.get(f"/admin/digests/{sending(paper).id}").text
    dialog = page.partition('<dialog class="ask" id="cancel"')[2].partition("</dialog>")[0]
    assert "data-close>Let it go out</button>" in dialog
    assert 'name="csrf_token"' in dialog
    assert 'type="submit">Cancel the rest</button>' in dialog
