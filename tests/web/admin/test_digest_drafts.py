"""What staff do with a draft of the clock, and where they see it."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.digests.drafts import draft_ahead
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.publications.schedule import Hours
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.digests.hours import choose
from tests.factories import Make, reload
from tests.listener import Listener
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import words

Room = Callable[..., Browser]


@pytest.fixture
def paper(make: Make) -> Publication:
    """Its daily hour comes in half an hour."""
    soon = utc_now() + timedelta(minutes=30)
    paper = make.publication(
        created_at=utc_now(), send_at=soon.time().replace(microsecond=0), draft_lead_minutes=60
    )
    make.article(publication=paper, title="Rivers", found_at=utc_now())
    make.article(publication=paper, title="Ports", found_at=utc_now())
    make.subscription(publication=paper)
    return paper


@pytest.fixture
def digest(paper: Publication) -> Digest:
    with unit_of_work():
        return draft_ahead(publication_id=paper.id, now=utc_now())[0]


def pass_the_hour(digest: Digest) -> None:
    with unit_of_work():
        start_due(publication_id=digest.publication_id, now=digest.slot)


def test_the_page_says_when_it_goes_and_what_each_act_means_for_how_many(
    editor: Browser, digest: Digest
) -> None:
    page = words(editor.get(f"/admin/digests/{digest.id}").text)
    assert "unless stopped." in page
    assert "1 reader would get no daily digest this time. Nobody loses an article" in page
    assert "It goes to 1 reader of the daily cadence." in page
    assert "Draft, goes out unless stopped" in words(editor.get("/admin/digests").text)


def test_to_skip_it_stops_nothing_for_readers_of_their_own_hours_and_the_page_says_so(
    make: Make, paper: Publication, editor: Browser, digest: Digest
) -> None:
    early = make.subscription(publication=paper)
    choose(early, Hours(time(6), "Europe/Kyiv"))
    page = words(editor.get(f"/admin/digests/{digest.id}").text)
    assert "1 reader has an hour of her own and gets these articles all the same." in page
    assert "hold this digest instead." in page
    editor.post(f"/admin/digests/{digest.id}/hold")
    assert "hold this digest instead" not in words(editor.get(f"/admin/digests/{digest.id}").text)


def test_held_it_outlasts_its_hour_and_the_overview_says_so(
    editor: Browser, digest: Digest, queue: Listener
) -> None:
    editor.post(f"/admin/digests/{digest.id}/hold")
    pass_the_hour(digest)
    assert reload(digest).state is DigestState.DRAFT
    overview = words(editor.get("/admin/").text)
    assert "is held" in overview
    assert "Its hour has passed, and its readers wait." in overview
    page = words(editor.get(f"/admin/digests/{digest.id}").text)
    assert "Its hour has passed, so it goes at once to 1 reader" in page
    editor.post(f"/admin/digests/{digest.id}/let-go")
    assert reload(digest).state is DigestState.SCHEDULED
    assert (Job.PUBLISH_DIGEST, {"digest_id": digest.id}) in queue.jobs
    acts = list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))
    assert acts[-2:] == ["digest_held", "digest_let_go"]


def test_skipped_it_is_cancelled_and_says_where_its_articles_are(
    editor: Browser, digest: Digest
) -> None:
    answer = editor.post(f"/admin/digests/{digest.id}/skip")
    assert "Its articles wait for the next digest." in editor.get(answer.location).text
    assert reload(digest).state is DigestState.CANCELLED


def test_what_came_after_the_draft_is_marked_as_new(
    make: Make, paper: Publication, editor: Browser, digest: Digest
) -> None:
    assert ">new<" not in editor.get(f"/admin/digests/{digest.id}/edit").text
    make.article(publication=paper, title="Late news", found_at=utc_now())
    with unit_of_work():
        draft_ahead(publication_id=paper.id, now=utc_now())
    page = editor.get(f"/admin/digests/{digest.id}/edit").text
    assert "Late news" in page
    assert page.count(">new<") == 1


@pytest.mark.parametrize("act", ["hold", "let-go", "skip"])
def test_viewers_cannot_stop_or_let_go(staff_room: Room, digest: Digest, act: str) -> None:
    viewer = staff_room(StaffRole.VIEWER)
    assert viewer.post(f"/admin/digests/{digest.id}/{act}").status_code == 403
    assert reload(digest).held_at is None


def test_a_draft_by_hand_cannot_be_held(paper: Publication, editor: Browser) -> None:
    made = editor.post("/admin/digests/compose", {"cadence": "daily"}).location
    answer = editor.post(f"{made}/hold")
    assert "Only a draft that goes out by itself can be held." in editor.get(answer.location).text


def test_an_extra_digest_can_end_with_an_article(
    make: Make, paper: Publication, editor: Browser
) -> None:
    first, _ = db.session.scalars(sa.text("select position from articles order by 1")).all()
    made = editor.post("/admin/digests/compose", {"cadence": "daily", "upto": str(first)}).location
    page = editor.get(made).text
    assert "Rivers" in page
    assert "Ports" not in page
