"""Deliverability: true figures, text that stays text, and a list that staff can keep."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.bounces import record_bounce
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.feedback.receive import receive_mail
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.feedback.sent import deliveries, handle_all, return_path, sent_digest
from tests.mail.bounce_samples import dsn
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import words

PAGE, LIST = "/admin/deliverability", "/admin/deliverability/suppressions"

Enter = Callable[..., Browser]


def silence(address: str, reason: SuppressionReason = SuppressionReason.MANUAL) -> int:
    with unit_of_work():
        suppress(address=address, reason=reason, note="why", now=NOW)
    found = suppression_of(address=address)
    assert found is not None
    return found.id


def came_back(delivery: Delivery, kind: ReportKind, text: str = "550 5.1.1 gone") -> None:
    with unit_of_work():
        report = BounceReport(kind=kind, status="5.1.1", text=text)
        record_bounce(delivery_id=delivery.id, report=report, now=utc_now())


def test_nothing_yet_is_said_with_what_to_do(staff_room: Enter, make: Make) -> None:
    make.publication()
    text = words(staff_room(StaffRole.VIEWER).get(PAGE).text)
    assert "Nothing came back, as far as we were told." in text
    assert "No digest has gone out yet" in text
    assert "Nothing tells us of bounces" in text
    assert "No address is suppressed" in words(staff_room(StaffRole.EDITOR).get(LIST).text)


def test_every_figure_is_that_of_the_rows(staff_room: Enter, make: Make) -> None:
    home = make.publication()
    digest = sent_digest(make, readers=8, publication=home)
    with unit_of_work() as session:
        session.merge(digest).fanned_out_at = NOW
        session.merge(digest).candidates = 8
    first, second, third, *_ = deliveries(digest)
    came_back(first, ReportKind.HARD)
    came_back(second, ReportKind.SOFT)
    came_back(third, ReportKind.COMPLAINT)
    with unit_of_work():
        receive_mail(octets=dsn(), recipient=return_path(first), now=utc_now())
    handle_all()
    elsewhere = sent_digest(make, readers=1)  # of another publication
    came_back(deliveries(elsewhere)[0], ReportKind.HARD)
    page = staff_room().get(f"{PAGE}?publication={home.slug}").text
    text = words(page).replace("&nbsp;", " ")
    assert "Hard bounces 1 Soft bounces 1 Complaints 1 Suppressed addresses, ever 3" in text
    assert "8 1 12.5 % 1 12.5 % 1 12.5 %" in text
    assert "example.org 1 1 1" in text
    assert "Mail that came back not set up any more" in text
    assert page.count("data-point=") == 30
    assert f'data-point="{utc_now():%Y-%m-%d},1,1,1"' in page


def test_a_digest_that_paused_itself_says_why_where_staff_look(
    staff_room: Enter, make: Make
) -> None:
    home = make.publication()
    digest = sent_digest(make, readers=12, publication=home)
    for delivery in deliveries(digest)[:10]:
        came_back(delivery, ReportKind.HARD)
    browser = staff_room()
    reason = "It paused itself: 10 of 12 mails came back for good"
    assert reason in words(browser.get("/admin/").text)
    assert reason in words(browser.get(f"/admin/digests/{digest.id}").text)
    assert browser.post(f"/admin/digests/{digest.id}/resume").status_code == 302
    assert reason not in words(browser.get("/admin/").text)


def test_markup_in_the_words_of_a_bounce_is_text(staff_room: Enter, make: Make) -> None:
    digest = sent_digest(make)
    came_back(deliveries(digest)[0], ReportKind.HARD, "<script>alert(1)</script>")
    browser = staff_room()
    for path in (PAGE, LIST):
        page = browser.get(path).text
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page


def test_the_list_is_searched_and_filtered(staff_room: Enter) -> None:
    silence("ann@example.org")
    silence("bob@example.org", SuppressionReason.COMPLAINT)
    silence("erased@example.org", SuppressionReason.ERASED)
    browser = staff_room()
    everything = browser.get(LIST).text
    assert "erased@example.org" not in everything
    assert everything.count("Lift the suppression") == 2
    found = browser.get(f"{LIST}?reason=complaint").text
    assert "bob@example.org" in found
    assert "ann@example.org" not in found
    assert "not kept" in browser.get(f"{LIST}?address=erased@example.org").text
    assert "No such address is suppressed" in browser.get(f"{LIST}?address=carl").text


def test_lifting_needs_a_note_which_is_kept(staff_room: Enter) -> None:
    number = silence("ann@example.org", SuppressionReason.HARD_BOUNCE)
    browser = staff_room(StaffRole.EDITOR)
    browser.post(f"{LIST}/{number}/lift", {"note": " "})
    assert "Say why this address gets mail again" in browser.get(LIST).text
    browser.post(f"{LIST}/{number}/lift", {"note": "she wrote from ann@example.org"})
    assert suppression_of(address="ann@example.org") is None
    event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.detail) == (
        "suppression_lifted",
        "hard bounce: she wrote from …@…",
    )
    assert browser.post(f"{LIST}/{number}/lift", {"note": "again"}).status_code == 404


def test_an_erased_reader_is_never_lifted(staff_room: Enter) -> None:
    number = silence("ann@example.org", SuppressionReason.ERASED)
    browser = staff_room()
    browser.post(f"{LIST}/{number}/lift", {"note": "please"})
    assert "asked to be erased" in browser.get(LIST).text
    assert suppression_of(address="ann@example.org") is not None


def test_the_deliveries_of_a_digest_say_what_came_back_of_each(
    staff_room: Enter, make: Make
) -> None:
    digest = sent_digest(make, readers=3)
    gone, angry, _ = deliveries(digest)
    came_back(gone, ReportKind.SOFT, "452 4.2.2 mailbox full")
    came_back(gone, ReportKind.HARD, "550 5.1.1 <script>gone")
    came_back(angry, ReportKind.COMPLAINT, "")
    room = staff_room(StaffRole.VIEWER)
    bounced = words(room.get(f"/admin/digests/{digest.id}/deliveries?state=bounced").text)
    assert "soft bounce : 452 4.2.2 mailbox full hard bounce : 550 5.1.1" in bounced
    assert "<script>gone" not in room.get(f"/admin/digests/{digest.id}/deliveries").text
    complained = words(room.get(f"/admin/digests/{digest.id}/deliveries?state=complained").text)
    assert "complaint : 5.1.1 250 ok" in complained


def test_a_paused_digest_leads_to_what_came_back(staff_room: Enter, make: Make) -> None:
    digest = sent_digest(make, readers=2)
    with unit_of_work() as session:
        row = session.merge(digest)
        row.published_at = row.fanned_out_at = row.paused_at = NOW
    room, link = staff_room(StaffRole.VIEWER), f"/admin/digests/{digest.id}/deliveries?state="
    assert "What bounced" not in room.get(f"/admin/digests/{digest.id}").text
    came_back(deliveries(digest)[0], ReportKind.HARD)
    text = room.get(f"/admin/digests/{digest.id}").text
    assert f'<a href="{link}bounced">What bounced</a>' in text
    assert "What was complained about" not in text


def test_an_address_is_added_or_the_problem_stands_at_the_field(staff_room: Enter) -> None:
    browser = staff_room(StaffRole.EDITOR)
    answer = browser.post(f"{LIST}/add", {"new_address": "nobody", "note": "She phoned."})
    assert answer.status_code == 422
    assert 'value="She phoned."' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert browser.post(f"{LIST}/add", {"new_address": "Ann@example.org"}).status_code == 302
    assert suppression_of(address="ann@example.org") is not None
    browser.post(f"{LIST}/add", {"new_address": "ann@example.org"})
    assert "was suppressed before" in browser.get(LIST).text


def test_a_list_is_imported_and_exported(staff_room: Enter) -> None:
    browser = staff_room(StaffRole.EDITOR)
    data = {"file": (io.BytesIO(b"email\nann@example.org\nnobody\n=x@example.org\n"), "a.csv")}
    assert browser.post(f"{LIST}/import", data).status_code == 302
    assert "Added 2, known before 0. No address in 1 line: 3." in words(browser.get(LIST).text)
    lines = browser.post(f"{LIST}/export").text.splitlines()
    assert lines[1].startswith("'=x@example.org,manual")
    assert lines[2].startswith("ann@example.org,manual")
    refused = browser.post(f"{LIST}/import", {"file": (io.BytesIO(b"\x80\x81"), "a.csv")})
    assert refused.status_code == 422
    assert "not text in UTF-8" in refused.text
    assert browser.post(f"{LIST}/import").status_code == 422


def test_viewers_see_no_button(staff_room: Enter) -> None:
    silence("ann@example.org")
    page = staff_room(StaffRole.VIEWER).get(LIST).text
    for button in ("Lift the", "Import", "Export", ">Suppress<"):
        assert button not in page


@pytest.mark.usefixtures("make")
def test_pages_follow_each_other(staff_room: Enter) -> None:
    with unit_of_work() as session:
        session.add_all(
            Suppression(
                address_hash=str(number),
                address_key=f"r{number:03}@example.org",
                reason=SuppressionReason.MANUAL,
                created_at=NOW,
            )
            for number in range(60)
        )
    browser = staff_room()
    first = browser.get(LIST).text
    assert first.count("r0") >= 50
    assert "r009@example.org" not in first
    last = db.session.scalars(
        sa.select(Suppression.id).where(Suppression.address_key == "r010@example.org")
    ).one()
    assert "r009@example.org" in browser.get(f"{LIST}?after={last}").text
