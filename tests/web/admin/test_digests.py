"""The digests' list and the page of one."""

import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.outcomes import record_sent
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publish import NO_ARTICLES
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.admin import live
from tests.factories import Make, reload
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import add_evening_reader, buttons, draft, sending, words

Room = Callable[..., Browser]


@pytest.fixture
def paper(make: Make) -> Publication:
    """A publication with two articles and three daily readers."""
    paper = make.publication(name="The Paper")
    make.article(publication=paper, title="Rivers and their data", found_at=utc_now())
    make.article(publication=paper, title="A railway gauge", found_at=utc_now())
    for _ in range(3):
        make.subscription(publication=paper)
    return paper


def test_the_list_says_when_what_and_for_how_many_comes_next(
    paper: Publication, staff_room: Room
) -> None:
    page = words(staff_room().get("/admin/digests").text)
    assert "Daily in" in page
    assert "3 readers due, 2 articles" in page
    assert "A railway gauge" in page
    assert "As soon as an article appears" in page


def test_the_list_shows_past_digests_with_their_figures(
    paper: Publication, staff_room: Room
) -> None:
    sending(paper)
    ids = list(db.session.scalars(sa.select(Delivery.id)))
    with unit_of_work():
        record_sent(replies=[(ids[0], "250 ok")], now=utc_now())
    page = words(staff_room().get("/admin/digests").text)
    assert "sending Daily , by hand now 3 1 0 0" in page


def test_quiet_automatic_digests_are_folded_until_asked_for(
    paper: Publication, make: Make, staff_room: Room
) -> None:
    make.digest(
        publication=paper,
        state=DigestState.CANCELLED,
        subject="A quiet Sunday",
        reason=NO_ARTICLES,
        published_at=None,
    )
    room = staff_room()
    assert "A quiet Sunday" not in room.get("/admin/digests").text
    assert "Show 1 that had nothing" in words(room.get("/admin/digests").text)
    assert "A quiet Sunday" in room.get("/admin/digests?empty=1").text


def test_digests_at_own_hours_are_folded_until_asked_for_and_say_what_they_are(
    paper: Publication, make: Make, staff_room: Room
) -> None:
    evening = make.digest(publication=paper, subject="The evening post", at_own_hours=True)
    room = staff_room()
    page = room.get("/admin/digests").text
    assert "The evening post" not in page
    assert "Show 1 at readers’ own hours" in words(page)
    shown = words(room.get("/admin/digests?own_hours=1").text)
    assert "The evening post" in shown
    assert "Daily , at own hours" in shown
    assert "only for readers who chose this hour" in room.get(f"/admin/digests/{evening.id}").text


def test_readers_with_hours_of_their_own_are_told_apart(
    paper: Publication, make: Make, staff_room: Room
) -> None:
    add_evening_reader(make, paper)
    page = words(staff_room().get("/admin/digests").text)
    assert "3 readers due and 1 at hours of their own, 2 articles" in page
    assert "2 articles, 4 readers due" in page, "a digest by hand goes to everybody"


def test_filters_stand_in_the_address_and_survive_paging(
    paper: Publication, make: Make, staff_room: Room
) -> None:
    for number in range(27):
        make.digest(publication=paper, cadence=Cadence.WEEKLY, subject=f"Week {number:02}")
    make.digest(publication=paper, subject="A day")
    room = staff_room()
    first = room.get("/admin/digests?cadence=weekly").text
    assert "A day" not in first
    assert "Week 26" in first
    assert "Week 01" not in first
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = room.get(following.replace("&amp;", "&")).text
    assert "Week 01" in second
    assert "Week 26" not in second
    assert '<option value="weekly" selected' in second


@pytest.mark.parametrize("odd", ["state=lost", "before=-1", "before=9999999999999999999999"])
def test_an_odd_address_shows_everything(odd: str, paper: Publication, staff_room: Room) -> None:
    draft(paper)
    assert "Daily digest" in staff_room().get(f"/admin/digests?{odd}").text


def test_composing_leads_to_a_draft(paper: Publication, staff_room: Room) -> None:
    room = staff_room(StaffRole.EDITOR)
    room.get("/admin/digests")
    answer = room.post("/admin/digests/compose", {"cadence": "daily"})
    made = db.session.scalars(sa.select(Digest)).one()
    assert answer.location == f"/admin/digests/{made.id}"
    assert (made.state, made.by_hand) == (DigestState.DRAFT, True)
    page = words(room.get(answer.location).text)
    assert "Readers who would get it 3" in page
    assert "A railway gauge full text" in page
    assert "Rivers and their data excerpt" in page


def test_composing_needs_a_cadence(paper: Publication, staff_room: Room) -> None:
    room = staff_room()
    room.get("/admin/digests")
    room.post("/admin/digests/compose", {"cadence": "hourly"})
    assert "Choose a cadence." in room.get("/admin/digests").text
    assert db.session.scalar(sa.select(Digest.id)) is None


def test_the_page_shows_progress_and_follows_it_while_it_moves(
    paper: Publication, staff_room: Room
) -> None:
    digest = sending(paper)
    page = staff_room().get(f"/admin/digests/{digest.id}").text
    assert f'hx-sse:connect="/admin/digests/{digest.id}/progress?shown=sending"' in page
    assert "0 % of 3 deliveries final" in words(page)
    assert "Queued 3" in words(page)


def test_progress_streams_until_the_buttons_of_the_page_are_old(
    paper: Publication, staff_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    digest = sending(paper)
    answer = staff_room().get(f"/admin/digests/{digest.id}/progress?shown=sending")
    assert answer.mimetype == "text/event-stream"
    events = cast(Iterator[bytes], answer.response)
    assert "Queued 3" in words(next(events).decode().replace("data: ", ""))
    with unit_of_work() as session:
        delivery = session.scalars(sa.select(Delivery)).first()
        assert delivery is not None
        delivery.state = DeliveryState.SENT
    assert "Sent 1 Queued 2" in words(next(events).decode().replace("data: ", ""))
    with unit_of_work() as session:
        session.get_one(Digest, digest.id).paused_at = utc_now()
    assert list(events) == [b"event: outdated\ndata: \n\n"]
    answer.close()


def test_who_finds_all_streams_taken_gets_one_look(
    paper: Publication, staff_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_free", threading.BoundedSemaphore(1))
    digest = sending(paper)
    path = f"/admin/digests/{digest.id}/progress?shown=sending"
    room = staff_room()
    first = room.get(path)
    assert len(list(cast(Iterator[bytes], room.get(path).response))) == 1
    first.close()
    again = room.get(path)
    assert "Queued 3" in words(next(cast(Iterator[bytes], again.response)).decode())
    again.close()


def test_a_quarantined_batch_is_shown_and_released(paper: Publication, staff_room: Room) -> None:
    digest = sending(paper)
    with unit_of_work() as session:
        session.scalars(sa.select(Batch)).one().lost_leases = MOST_LOST_LEASES
    room = staff_room(StaffRole.EDITOR)
    page = room.get(f"/admin/digests/{digest.id}").text
    assert "3 deliveries are quarantined." in words(page)
    assert "shown=sending+quarantined" in page
    assert "so it is quarantined" in words(room.get("/admin/").text)
    told = room.post(f"/admin/digests/{digest.id}/release", {})
    assert "Released: 1 batch." in words(room.get(told.location).text)
    assert reload(db.session.scalars(sa.select(Batch)).one()).lost_leases == 0


def test_the_page_says_why_it_waits(paper: Publication, staff_room: Room) -> None:
    digest = sending(paper)
    with unit_of_work() as session:
        session.scalars(sa.select(Batch)).one().note = "The relay refuses connections."
    page = words(staff_room().get(f"/admin/digests/{digest.id}").text)
    assert "Why it waits The relay refuses connections." in page


def test_a_sent_digest_rests_and_stands_on_the_web(paper: Publication, staff_room: Room) -> None:
    digest = sending(paper)
    with unit_of_work() as session:
        record_sent(
            replies=[(one, "250 ok") for one in session.scalars(sa.select(Delivery.id))],
            now=utc_now(),
        )
        session.scalars(sa.select(Batch)).one().state = BatchState.DONE
        found = session.get_one(Digest, digest.id)
        found.state, found.finished_at = DigestState.SENT, utc_now()
    room = staff_room()
    page = room.get(f"/admin/digests/{digest.id}").text
    assert "100 % of 3 deliveries final" in words(page)
    assert "data-live" not in page
    assert f'href="/archive/{digest.slug}"' in page
    assert room.get(f"/archive/{digest.slug}").status_code == 200


def test_deliveries_are_found_by_state_and_lead_to_their_readers(
    paper: Publication, make: Make, staff_room: Room
) -> None:
    asia = make.topic(publication=paper, name="Asia")
    left_out = make.subscription(
        publication=paper, email="asia@example.org", topics=frozenset([asia.id])
    )
    digest = sending(paper)
    room = staff_room()
    every = room.get(f"/admin/digests/{digest.id}/deliveries").text
    assert every.count("@<wbr>example.org</a>") == 4
    skipped = room.get(f"/admin/digests/{digest.id}/deliveries?state=skipped").text
    assert skipped.count("@<wbr>example.org</a>") == 1
    assert f'href="/admin/readers/{left_out.id}"' in skipped
    assert "nothing of their topics" in skipped
    failed = room.get(f"/admin/digests/{digest.id}/deliveries?state=failed").text
    assert "No delivery in this state" in failed


def test_a_reply_is_text_whatever_it_says(paper: Publication, staff_room: Room) -> None:
    digest = sending(paper)
    with unit_of_work() as session:
        one = session.scalars(sa.select(Delivery).limit(1)).one()
        one.state, one.reply = DeliveryState.FAILED, "550 <script>alert(1)</script>"
    page = staff_room().get(f"/admin/digests/{digest.id}/deliveries").text
    assert "<script>alert(1)" not in page
    assert "550 &lt;script&gt;" in page


@pytest.mark.parametrize("part", ["", "/progress", "/deliveries", "/preview", "/preview/mail"])
def test_another_publications_digest_does_not_exist(
    part: str, paper: Publication, make: Make, staff_room: Room
) -> None:
    foreign = make.digest(publication=make.publication())
    assert staff_room().get(f"/admin/digests/{foreign.id}{part}").status_code == 404


def test_a_viewer_sees_everything_and_finds_no_button(paper: Publication, staff_room: Room) -> None:
    waiting, going = draft(paper, Cadence.WEEKLY), sending(paper)
    room = staff_room(StaffRole.VIEWER)
    for path in ("", f"/{waiting.id}", f"/{going.id}", f"/{going.id}/preview"):
        answer = room.get(f"/admin/digests{path}")
        assert answer.status_code == 200
        assert buttons(answer.text) == []
